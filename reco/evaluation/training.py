"""Training as Personalize does it: a model without the test users is measured, then one of everybody is kept.

Arrays in, arrays out: where they come from and go to is the container's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.evaluation import action_training, related_training, segment_training, trend_training
from reco.evaluation.asking import ask
from reco.evaluation.holdout import HeldOutUser, choose_test_users, hold_out
from reco.evaluation.metrics import DEPTH, mean_metrics
from reco.evaluation.reward_metrics import OBJECTIVE, average_rewards, truth_gains, weighted_metrics
from reco.models.families.factors import FactorModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions
from reco.models.query import Query, ServedModel
from reco.models.selection import Values, seen_items
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.temperature import fit_temperature
from reco.models.training_data import TrainingData

FEW_TO_CHOOSE_BY = 200
"""Fewer validation users than this leave the order of settings to chance: as many again are added."""
MOST_TEST_USERS = 5000
"""More users than this make a metric no surer in its second digit."""
REWARD_DEPTH = 100
"""Recommendations among which the most rewarding are looked for, where there is an objective."""
PROBES = 20
PROBE_DEPTH = 10
_LIKINGS = 4_000_000
"""How many likings the temperature is fitted on."""


@dataclass(frozen=True)
class Trained:
    """What training gives."""

    model: FittedModel
    """Of everybody, with the temperature and `seen_items` that were measured."""
    metrics: dict[str, float]
    """By Personalize's names, unrounded."""
    probes: list[dict[str, Any]]
    """Questions and the model's answers, to be asked again where it is deployed; none of what is not deployed."""


def train(
    data: TrainingData, users: Vocabulary, items: Vocabulary, *, family: str, values: Values, settings: FitSettings
) -> Trained:
    """Measures and fits.

    Args:
        users, items: whose rows `data` speaks of; every item counts for coverage.
    """
    if family in segment_training.FAMILIES:
        model, metrics = segment_training.train_segments(data, items, family=family, values=values, settings=settings)
        return Trained(model, metrics, probes=[])
    if family in action_training.FAMILIES:
        return Trained(*action_training.train_actions(data, users, items, values=values, settings=settings))
    interactions, say = data.interactions, settings.say
    if family in (*trend_training.FAMILIES, *related_training.FAMILIES):
        of_family = trend_training.train_trends if family in trend_training.FAMILIES else related_training.train_related
        model, metrics = of_family(data, items, values=values, settings=settings)
        return Trained(model, metrics, _probe(serve(model, items), interactions))
    chosen = _at_most(choose_test_users(users, interactions.lengths), MOST_TEST_USERS)
    say(f"measuring on {int(chosen.sum())} users")
    trial = _measured(data, chosen, interactions.of_users(~chosen), items, family, values, settings)
    say("fitting all users")
    final = fit_model(data, family, values, replace(settings, decided=trial.model.attributes))
    final = _with(final, trial.decided)
    return Trained(final, trial.metrics, _probe(serve(final, items), interactions))


def try_out(
    data: TrainingData, users: Vocabulary, items: Vocabulary, *, family: str, values: Values, settings: FitSettings
) -> dict[str, float]:
    """What `train` would measure, without the users that it measures on: for choosing among settings.

    The next tenth of the users takes their part, so that the metrics of what is then chosen stay honest; where these
    are few, and chance would choose, the next two tenths.
    """
    lengths = data.interactions.lengths
    tests = choose_test_users(users, lengths)
    chosen = choose_test_users(users, lengths, fold=1) & ~tests
    if chosen.sum() < FEW_TO_CHOOSE_BY:
        chosen |= choose_test_users(users, lengths, fold=2) & ~tests
    chosen = _at_most(chosen, MOST_TEST_USERS)
    if not chosen.any():
        # One user able to be tested, and none beside: better an answer that flatters than none.
        chosen = tests
    learned_from = data.interactions.of_users(~(chosen | tests))
    settings.say(f"measuring on {int(chosen.sum())} validation users")
    return _measured(data, chosen, learned_from, items, family, values, settings).metrics


@dataclass(frozen=True)
class _Measured:
    """A model that has not seen the chosen users, and what they say of it."""

    model: FittedModel
    decided: dict[str, Any]
    """Attributes learned from asking it."""
    metrics: dict[str, float]


def _measured(
    data: TrainingData,
    chosen: NDArray[np.bool_],
    learned_from: Interactions,
    items: Vocabulary,
    family: str,
    values: Values,
    settings: FitSettings,
) -> _Measured:
    tested = list(hold_out(data.interactions.with_relative_weights(), chosen))
    # Too few users to leave one out: then the model has seen the test users, and the metrics flatter.
    learned_from = learned_from if len(learned_from) else data.interactions
    model = fit_model(replace(data, interactions=learned_from), family, values, settings)
    decided: dict[str, Any] = {}
    if family == FactorModel.family:
        decided["seen_items"] = seen_items(data.interactions)
        model = _with(model, decided)
        decided["temperature"] = _temperature(serve(model, items), tested)
    depth = DEPTH if data.objective is None else REWARD_DEPTH
    ranked = ask(serve(_with(model, decided), items), tested, depth, threads=settings.threads)
    truths = [user.truth for user in tested]
    metrics = mean_metrics(ranked, truths, item_count=len(items))
    if data.interactions.weights is not None:
        metrics |= weighted_metrics(ranked, truths, truth_gains(data.interactions, chosen))
    if data.objective is not None:
        metrics[OBJECTIVE] = average_rewards(ranked, truths, data.objective.rewards)
    return _Measured(model, decided, metrics)


def _with(model: FittedModel, attributes: dict[str, Any]) -> FittedModel:
    return replace(model, attributes={**model.attributes, **attributes})


def _temperature(model: ServedModel, tested: list[HeldOutUser]) -> float:
    assert isinstance(model, FactorModel)  # noqa: S101 - only this family has one
    sample = tested[: max(25, _LIKINGS // max(len(model.items), 1))]
    likings = [model.likings(user.history_items, user.history_weights) for user in sample]
    return fit_temperature(likings, [user.truth for user in sample])


def _at_most(chosen: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """The first `count` of those chosen; which row comes first does not depend on what a user did."""
    kept = np.zeros(len(chosen), bool)
    kept[np.flatnonzero(chosen)[:count]] = True
    return kept


def _probe(model: ServedModel, interactions: Interactions) -> list[dict[str, Any]]:
    """Questions spread over users and items, one of a newcomer and one of a list to rank among them."""
    interactions = interactions.with_relative_weights()
    generator = np.random.default_rng(0)
    active = np.flatnonzero(interactions.lengths)
    asked = []
    for user in generator.choice(active, min(PROBES - 2, len(active)), replace=False):
        items, times = interactions.history(int(user))
        weights = interactions.history_weights(int(user))
        latest = None if weights is None else weights[-200:]
        asked.append(Query(items[-200:], times[-200:], int(items[-1]), None, PROBE_DEPTH, history_weights=latest))
    nobody = (np.empty(0, np.int32), np.empty(0, np.int64))
    asked.append(Query(*nobody, None, None, PROBE_DEPTH))
    candidates = generator.choice(len(model.items), min(PROBE_DEPTH, len(model.items)), replace=False)
    asked.append(replace(asked[0], candidates=candidates.astype(np.int32)))
    return [_record(query, model) for query in asked]


def _record(query: Query, model: ServedModel) -> dict[str, Any]:
    answer = model.rank(query)
    return {
        "history_items": query.history_items.tolist(),
        "history_times": query.history_times.tolist(),
        "history_weights": None if query.history_weights is None else query.history_weights.tolist(),
        "item": query.item,
        "candidates": None if query.candidates is None else query.candidates.tolist(),
        "count": query.count,
        "items": answer.items.tolist(),
        "scores": None if answer.scores is None else answer.scores.tolist(),
    }
