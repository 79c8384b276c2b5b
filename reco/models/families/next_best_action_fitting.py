"""Fitting the family `next_best_action`: moments in the past, what users did with actions in the days after them, and
what was known before.

A moment lies one optimisation period before the newest event, the next one before that, and so on. Of the users then
known, and of those who came within the period, some are drawn; for each, every action that was taken within the period
is a yes, and of the others some are drawn as a no, each standing for as many as were not drawn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models import als
from reco.models.action_data import DAY_S, TAKEN, ActionData, ActionEvents
from reco.models.content import ItemContent
from reco.models.families.factors import EPOCHS, RECENCY, REGULARISATION, alpha
from reco.models.families.next_best_action import STANDING, ActionModel
from reco.models.fit_settings import FitSettings
from reco.models.fold_in import fold_in
from reco.models.interactions import Interactions, offsets_of
from reco.models.logistic import fit_logistic
from reco.models.propensity import FEATURES, Standing, Visitors, pair_features
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

FACTORS = 16
MOMENTS = 4
"""Periods that are learned from; what was before them tells of other actions and other users."""
USERS_OF_A_MOMENT = 4_000
REFUSED_OF_A_USER = 60
"""Actions not taken that are drawn for a user."""
RIDGE = 1.0
PRIOR = {"popular": 0.2, "popular_lately": 0.8}
"""That an action goes on being taken as it was: weights that the data must speak against to move."""
ACTION_RIDGE = 50.0
"""Of numbers that are an action's alone: there are few actions and moments, however many examples they make."""
OF_ACTIONS = ("popular", "popular_lately", "refused_share", "new", "worth")
OWN_RIDGE, OWN_BIAS_RIDGE = 5.0, 4.0
"""How strongly an action's own weights are drawn to those of its like: in examples, about."""
TRIAL_BONUS = 0.3
UNKNOWN_RATE = 0.05
"""Share of users who take an action, where nobody was ever seen to take one or not."""
WORTH_WEIGHT = 0.3
"""What ln(1 + VALUE) is worth there."""


@dataclass(frozen=True)
class _Examples:
    """Pairs of a user at a moment and an action."""

    features: NDArray[np.float64]
    vectors: NDArray[np.float64]
    """(N, K) of the user."""
    actions: NDArray[np.int64]
    labels: NDArray[np.float64]
    weights: NDArray[np.float64]
    """How many pairs each stands for."""


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """Learns from the events with actions; without any, from what is known of the actions themselves."""
    assert data.actions is not None  # noqa: S101  the recipe requires the dataset
    actions, interactions = data.actions, data.interactions
    period_s = float(values.get("action_optimization_period", 14)) * DAY_S
    latest = int(max(interactions.times.max(initial=0), actions.events.times.max(initial=0)))
    vectors, vector_arrays, vector_attributes = _vectors(interactions, settings)
    examples = _examples(data, actions, vectors, latest, period_s, settings.seed)
    weights, own = _learn(examples, actions)
    standing = Standing.at(latest + 1, actions.events, actions.count, period_s)
    return FittedModel(
        arrays={
            **actions.arrays(),
            **vector_arrays,
            **{f"standing_{name}": getattr(standing, name) for name in STANDING},
            "action_weights": own,
        },
        attributes={
            "family": ActionModel.family,
            "latest": latest,
            "period_s": period_s,
            "weights": {name: float(f"{weight:.6g}") for name, weight in zip(FEATURES, weights, strict=True)},
            "trial_bonus": TRIAL_BONUS,
            **vector_attributes,
        },
    )


class _UserVectors:
    """Users' vectors at any moment, by the rule of `ActionModel`."""

    def __init__(self, fitted: als.Fit, objective: als.Objective, interactions: Interactions) -> None:
        self._fitted, self._objective, self._interactions = fitted, objective, interactions
        self.scale = 1.0
        self.scale = 1 / max(self._usual_length(), 1e-6)

    def of(self, user: int, moment: int) -> NDArray[np.float64]:
        items, times = self._interactions.history(user)
        past = items[times < moment]
        if not len(past):
            return np.zeros(self._fitted.items.shape[1])
        rows, weights = RECENCY.weigh_one(past)
        vector = fold_in(self._fitted.items, self._fitted.spectrum, self._objective, rows, weights)
        return vector.astype(np.float64) * self.scale

    def _usual_length(self) -> float:
        active = np.flatnonzero(self._interactions.lengths)[:200]
        end = np.iinfo(np.int64).max
        lengths = [float(np.linalg.norm(self.of(int(user), end))) for user in active]
        return float(np.sqrt(np.mean(np.square(lengths)))) if lengths else 1.0


def _vectors(interactions: Interactions, settings: FitSettings) -> tuple[_UserVectors, dict[str, Any], dict[str, Any]]:
    """Users' vectors, and the arrays and attributes that an artefact needs to make them again."""
    objective = als.Objective(alpha=alpha(interactions), regularisation=REGULARISATION)
    fitted = als.fit(
        RECENCY.weigh(interactions),
        objective,
        factors=FACTORS,
        epochs=EPOCHS,
        seed=settings.seed,
        threads=settings.threads,
    )
    vectors = _UserVectors(fitted, objective, interactions)
    return (
        vectors,
        {"item_factors": fitted.items, "spectrum": fitted.spectrum},
        {"objective": asdict(objective), "history_weights": asdict(RECENCY), "vector_scale": vectors.scale},
    )


def moments_of(times: NDArray[np.int64], latest: int, period_s: float) -> list[tuple[int, int]]:
    """Moments to learn from and the end of the days after each, the newest first.

    Where all events lie within one period there is one moment, in their middle.
    """
    if not len(times):
        return []
    earliest, step = int(times.min()), int(period_s)
    found = [(latest + 1 - (k + 1) * step, latest + 1 - k * step) for k in range(MOMENTS)]
    found = [(moment, end) for moment, end in found if moment > earliest]
    return found or [(int(np.quantile(times, 0.5, method="lower")) + 1, latest + 1)]


def _examples(
    data: TrainingData, actions: ActionData, vectors: _UserVectors, latest: int, period_s: float, seed: int
) -> _Examples:
    generator = np.random.default_rng(seed)
    parts = []
    for moment, end in moments_of(actions.events.times, latest, period_s):
        parts.append(_examples_at(moment, end, data.interactions, actions, vectors, period_s, generator))
    if not parts:
        parts.append((np.empty((0, len(FEATURES))), np.empty((0, FACTORS)), *(np.empty(0) for _ in range(3))))
    features, tastes, rows, labels, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    return _Examples(features, tastes, rows.astype(np.int64), labels, weights)


def _examples_at(
    moment: int,
    end: int,
    interactions: Interactions,
    actions: ActionData,
    vectors: _UserVectors,
    period_s: float,
    generator: np.random.Generator,
) -> tuple[NDArray[Any], ...]:
    owners = actions.events.user_rows()
    after = (actions.events.times >= moment) & (actions.events.times < end)
    seen = np.zeros(interactions.user_count, bool)
    seen[owners[actions.events.times < end]] = True
    seen[interactions.user_rows()[interactions.times < end]] = True
    drawn = np.flatnonzero(seen)
    if len(drawn) > USERS_OF_A_MOMENT:
        drawn = np.sort(generator.choice(drawn, USERS_OF_A_MOMENT, replace=False))
    keep = np.zeros(interactions.user_count, bool)
    keep[drawn] = True
    visitors = visitors_at(moment, interactions.of_users(keep), actions.events.of_users(keep))
    place = np.cumsum(keep) - 1
    yes = np.zeros((len(drawn), actions.count), bool)
    taken = after & (actions.events.kinds == TAKEN) & keep[owners]
    yes[place[owners[taken]], actions.events.actions[taken]] = True
    users, rows, labels, weights = _drawn_pairs(yes, generator)
    standing = Standing.at(moment, actions.events, actions.count, period_s)
    features = pair_features(
        visitors, users, rows, standing, worth=actions.worth, created=actions.created, period_s=period_s
    )
    tastes = np.stack([vectors.of(int(user), moment) for user in drawn]) if len(drawn) else np.empty((0, FACTORS))
    return features, tastes[users], rows, labels, weights


def visitors_at(moment: int, interactions: Interactions, events: ActionEvents) -> Visitors:
    """Users as they stood at a moment; both data speak of the same users."""
    past = events.of_events(events.times < moment)
    before = interactions.times < moment
    touched = np.bincount(interactions.user_rows()[before], minlength=interactions.user_count)
    latest = np.full(interactions.user_count, np.iinfo(np.int64).min)
    np.maximum.at(latest, interactions.user_rows()[before], interactions.times[before])
    np.maximum.at(latest, past.user_rows(), past.times)
    return Visitors(moment, past, touched, np.where(latest == np.iinfo(np.int64).min, moment, latest))


def _drawn_pairs(yes: NDArray[np.bool_], generator: np.random.Generator) -> tuple[NDArray[Any], ...]:
    """Users, actions, labels and weights: all that were taken, and some that were not."""
    users, actions = np.nonzero(yes)
    count = yes.shape[1]
    if count <= REFUSED_OF_A_USER:
        others_of, others = np.nonzero(~yes)
        share = 1.0
    else:
        others_of = np.repeat(np.arange(len(yes)), REFUSED_OF_A_USER)
        others = generator.integers(0, count, len(others_of))
        free = ~yes[others_of, others]
        others_of, others = others_of[free], others[free]
        share = count / REFUSED_OF_A_USER
    labels = np.append(np.ones(len(users)), np.zeros(len(others)))
    weights = np.append(np.ones(len(users)), np.full(len(others), share))
    return np.append(users, others_of), np.append(actions, others), labels, weights


def _learn(examples: _Examples, actions: ActionData) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weights of the features, and (A, 1 + K) each action's own."""
    own = np.zeros((actions.count, 1 + FACTORS))
    prior = np.array([PRIOR.get(name, 0.0) for name in FEATURES])
    prior[FEATURES.index("always")] = np.log(UNKNOWN_RATE / (1 - UNKNOWN_RATE))
    if not len(actions.events):
        prior[FEATURES.index("worth")] = WORTH_WEIGHT
    if not len(examples.labels):
        return prior, own
    ridge = np.array([ACTION_RIDGE if name in OF_ACTIONS else RIDGE for name in FEATURES])
    weights = fit_logistic(examples.features, examples.labels, examples.weights, ridge=ridge, prior=prior)
    heights = examples.features @ weights
    order = np.argsort(examples.actions, kind="stable")
    places = offsets_of(np.bincount(examples.actions, minlength=actions.count))
    like = _likeness(actions.content, actions.count)
    evidence = np.bincount(examples.actions, examples.labels, minlength=actions.count)
    towards = np.zeros_like(own)
    for _ in range(2):
        for action in range(actions.count):
            rows = order[places[action] : places[action + 1]]
            design = np.column_stack([np.ones(len(rows)), examples.vectors[rows]])
            own[action] = fit_logistic(
                design,
                examples.labels[rows],
                examples.weights[rows],
                ridge=np.append(OWN_BIAS_RIDGE, np.full(FACTORS, OWN_RIDGE)),
                offsets=heights[rows],
                prior=towards[action],
            )
        if like is None:
            break
        # Each action is drawn to the mean of its like, those with more evidence counting more.
        trusted = like * (evidence / (evidence + OWN_RIDGE))
        towards = (trusted @ own) / (trusted.sum(axis=1, keepdims=True) + 1)
    return weights, own


def _likeness(content: ItemContent | None, count: int) -> NDArray[np.float64] | None:
    """(A, A) cosines of the actions' features, at least 0; an action is not its own like. None without features."""
    if content is None or not len(content.columns):
        return None
    table = np.zeros((count, content.width))
    table[np.repeat(np.arange(count), np.diff(content.offsets)), content.columns] = content.values
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    like = np.maximum(table @ table.T, 0)
    np.fill_diagonal(like, 0)
    return like
