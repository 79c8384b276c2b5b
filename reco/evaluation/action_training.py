"""Training of the next best action: measured on users whom the model does not know, then fitted on everybody.

A tenth of the users is tested. Of what each did with actions the newest tenth, one event at least, is to be foretold
from everything before it; right are the actions that were taken in there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.evaluation.action_metrics import action_metrics
from reco.evaluation.holdout import choose_test_users, truth_size
from reco.evaluation.metrics import CUTS, DEPTH, coverage, discounted_gain, hits_of
from reco.models.action_data import TAKEN, ActionEvents
from reco.models.families.next_best_action import DEFAULT_ACTIONS, ActionModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import Interactions
from reco.models.selection import Values
from reco.models.served import serve
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FAMILIES = (ActionModel.family,)
MOST_TEST_USERS = 2_000
PROBES, PROBE_DEPTH = 20, 10


@dataclass(frozen=True)
class _Question:
    """One user at the moment before what is to be foretold."""

    items: NDArray[np.int32]
    times: NDArray[np.int64]
    met: ActionEvents
    moment: int
    truth: NDArray[np.int32]
    """Distinct actions that were taken; may be empty."""


def train_actions(
    data: TrainingData, users: Vocabulary, items: Vocabulary, *, values: Values, settings: FitSettings
) -> tuple[FittedModel, dict[str, float], list[dict[str, Any]]]:
    """The model of all users, the metrics of one without the test users, and questions with the model's answers."""
    assert data.actions is not None  # noqa: S101  the recipe requires the dataset
    actions, interactions = data.actions, data.interactions
    chosen = choose_test_users(users, interactions.lengths + np.diff(actions.events.offsets))
    chosen[np.flatnonzero(chosen)[MOST_TEST_USERS:]] = False
    learned, events = interactions.of_users(~chosen), actions.events.of_users(~chosen)
    trial_data = replace(data, interactions=learned, actions=replace(actions, events=events))
    if not len(learned):
        # Too few users to leave one out: then the model has seen the test users, and the metrics flatter.
        trial_data = data
    trial = serve(fit_model(trial_data, ActionModel.family, values, settings), items)
    questions = [_question(interactions, actions.events, int(user)) for user in np.flatnonzero(chosen)]
    settings.say(f"measuring on {len(questions)} users")
    assert isinstance(trial, ActionModel)  # noqa: S101  the family's
    metrics = _measure(trial, questions)
    settings.say("fitting all users")
    final = fit_model(data, ActionModel.family, values, settings)
    return final, metrics, _probes(serve(final, items), interactions)


def _question(interactions: Interactions, events: ActionEvents, user: int) -> _Question:
    items, times = interactions.history(user)
    met = events.of_user(user)
    if not len(met):
        moment = int(times[-1]) + 1 if len(times) else 0
        return _Question(items, times, met, moment, np.empty(0, np.int32))
    first = len(met) - truth_size(len(met))
    newest = np.arange(len(met)) >= first
    taken = met.actions[newest & (met.kinds == TAKEN)]
    return _Question(items, times, met.of_events(~newest), int(met.times[first]), np.unique(taken))


def _measure(model: ActionModel, questions: list[_Question]) -> dict[str, float]:
    count = len(model.actions)
    taken = np.zeros((len(questions), count), bool)
    scores = np.zeros((len(questions), count))
    for row, question in enumerate(questions):
        taken[row, question.truth] = True
        scores[row] = model.scores(question.moment, question.items, question.times, question.met)
    ranked = np.argsort(-scores, axis=1, kind="stable")
    recommended = np.zeros(taken.shape, bool)
    np.put_along_axis(recommended, ranked[:, :DEFAULT_ACTIONS], values=True, axis=1)
    judged = [row for row, question in enumerate(questions) if len(question.truth)]
    hits = hits_of([ranked[row] for row in judged], [questions[row].truth for row in judged])
    sizes = np.array([len(questions[row].truth) for row in judged], np.int64)
    gains = {
        f"normalized_discounted_cumulative_gain_at_{cut}": float(discounted_gain(hits, sizes, cut).mean())
        if judged
        else 0.0
        for cut in CUTS
    }
    return {
        "coverage": coverage(list(ranked[:, :DEPTH]), count),
        **gains,
        **action_metrics(recommended, taken, scores),
    }


def _probes(model: Any, interactions: Interactions) -> list[dict[str, Any]]:
    """Questions of users spread over all, and of a newcomer, with the answers."""
    from reco.models.query import Query

    generator = np.random.default_rng(0)
    active = np.flatnonzero(interactions.lengths)
    histories = [interactions.history(int(user)) for user in generator.permutation(active)[: PROBES - 1]]
    histories.append((np.empty(0, np.int32), np.empty(0, np.int64)))
    found = []
    for items, times in histories:
        answer = model.rank(Query(items[-200:], times[-200:], None, None, PROBE_DEPTH))
        found.append(
            {
                "history_items": items[-200:].tolist(),
                "history_times": times[-200:].tolist(),
                "item": None,
                "candidates": None,
                "count": PROBE_DEPTH,
                "items": answer.items.tolist(),
                "scores": answer.scores.tolist(),
            }
        )
    return found
