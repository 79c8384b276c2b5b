"""Learning what users who were held out of the signals teach of the blend: which signals are worth their weights, and
those weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.blend import bent, choose_candidates, standard_scores, within_reach
from reco.models.conditional_logit import Example, Fitted, fit_weights
from reco.models.families.blend import seen_features
from reco.models.fit_settings import FitSettings
from reco.models.history import Touches
from reco.models.interactions import Interactions
from reco.models.lag_counts import comes_by_basket
from reco.models.pruning import compacted, measure_pruning
from reco.models.repeats import RepeatTable, fit_repeats
from reco.models.signal_choice import worth_keeping
from reco.models.signals import SignalPlan, Signals
from reco.models.source import FittedModel

SignalFit = Callable[[Interactions, SignalPlan], FittedModel]
"""Fits what `Signals` reads."""

ENOUGH_EXAMPLES = 3_000
MOST_CUTS = 5
"""Moments of one user's history that become examples."""
LATER_CUTS = 2
"""So many of them in the later half."""
MOST_FOLDS = 2
LARGEST_FOLD = 0.25
"""Share of the users that are held out at once."""
RIDGE = 2e-4
PRIOR_EXAMPLES = 1.0
"""Weights are held near zero as by so many examples more: with a hundred questions, two dozen weights would fit
chance."""
BEST, DRAWN = 40, 200
TRUTH_SHARE = 9
"""So many events of history for each event of the answer that is asked for."""
MOST_PRUNING_QUESTIONS = 200
_EXAMPLE_CELLS = 400_000_000
"""Numbers of signals that are computed to learn the weights."""


@dataclass(frozen=True)
class _Cut:
    """A user's history at some moment, and what they touched next."""

    touches: Touches
    truths: NDArray[np.int32]


@dataclass(frozen=True)
class _Question:
    """What the weights are learned from, and how likely its answer is by popularity alone."""

    example: Example
    log_likelihood_of_popularity: float


@dataclass(frozen=True)
class Learned:
    """What is decided before the signals are fitted on everybody."""

    plan: SignalPlan
    """Of the signals that are worth their weights."""
    blend: dict[str, Any]
    """The weights, and what is known of them; JSON in the artefact."""
    table: RepeatTable

    def attributes(self) -> dict[str, Any]:
        return {"blend": self.blend, "repeat_log_odds": self.table.log_odds.tolist()}


def recalled(decided: Mapping[str, Any], plan: SignalPlan) -> Learned | None:
    """What an earlier model's attributes decided; None where it chose from other signals than those of `plan`."""
    kept = SignalPlan.from_json(decided["signals"])
    blend = dict(decided["blend"])
    if {*kept.names, *blend.get("left_out", ())} != set(plan.names) or replace(kept, names=plan.names) != plan:
        return None
    return Learned(kept, blend, RepeatTable(np.array(decided["repeat_log_odds"], np.float32)))


def learn(
    interactions: Interactions, plan: SignalPlan, seen: str, settings: FitSettings, fit_signals: SignalFit
) -> Learned:
    """The signals of `plan` that are worth their weights, those, and the table of repeats.

    Users are dealt into folds; each fold's users are asked what signals fitted without them make of their histories.
    """
    generator = np.random.default_rng(settings.seed)
    able = np.flatnonzero(interactions.lengths >= 2)
    order = generator.permutation(able)
    wanted = max(200, min(ENOUGH_EXAMPLES, _EXAMPLE_CELLS // (len(plan.names) * max(interactions.item_count, 1))))
    cuts_of_each = float(np.minimum(interactions.lengths[able] - 1, MOST_CUTS).mean()) if len(able) else 1.0
    folds = _folds(order, int(wanted / cuts_of_each))
    baskets = plan.recent and comes_by_basket(interactions)
    cuts = {
        int(user): list(_cuts(interactions, int(user), plan, baskets, generator)) for fold in folds for user in fold
    }
    table = fit_repeats((cut.touches, cut.truths) for some in cuts.values() for cut in some)
    excludes = seen == "exclude"
    questions: list[_Question] = []
    for fold in folds:
        kept = np.ones(interactions.user_count, bool)
        kept[fold] = False
        others = interactions.of_users(kept)
        if not len(others):
            continue
        whole = fit_signals(others, plan)
        signals = Signals(whole)
        known = int(np.count_nonzero(np.bincount(others.items, minlength=others.item_count)))
        for user in fold:
            for cut in cuts[int(user)]:
                question = _question(signals, known, cut, table, excludes, generator)
                if question is not None:
                    questions.append(question)
    if not questions:
        return Learned(plan, _unlearned(plan), table)
    fitted, plan = _fit_worthy([question.example for question in questions], plan)
    blend = _said(fitted, plan, excludes)
    whole = FittedModel(whole.arrays, {**whole.attributes, "signals": plan.to_json()})
    blend |= {
        "left_out": [name for name in signals.plan.names if name not in plan.names],
        "users": sum(len(fold) for fold in folds),
        "queries": len(questions),
        "log_likelihood": fitted.log_likelihood,
        "log_likelihood_of_popularity": float(np.mean([each.log_likelihood_of_popularity for each in questions])),
        "pruning": _pruning_loss(
            whole, np.array(blend["weights"]), known, [cuts[int(user)][-1] for user in fold], settings
        ),
    }
    return Learned(plan, blend, table)


def _fit_worthy(examples: Sequence[Example], plan: SignalPlan) -> tuple[Fitted, SignalPlan]:
    """The weights of the signals that are worth them, as if there had been no others.

    In a large catalogue all stay: its questions are those within the reach of some signal (`_question`), so of what a
    signal reaches alone they tell too little."""
    ridge = RIDGE + PRIOR_EXAMPLES / len(examples)
    fitted = fit_weights(examples, ridge=ridge)
    if plan.sparse:
        return fitted, plan
    groups = _places(plan, len(fitted.weights))
    kept = worth_keeping(groups, fitted.weights, fitted.curvature, len(examples))
    if len(kept) == len(groups):
        return fitted, plan
    gone = np.concatenate([groups[signal] for signal in range(len(groups)) if signal not in kept])
    rows = np.setdiff1d(np.arange(len(fitted.weights)), gone)
    fewer = [replace(example, features=example.features[rows]) for example in examples]
    again = fit_weights(fewer, ridge=ridge, start=fitted.weights[rows])
    return again, replace(plan, names=tuple(plan.names[signal] for signal in kept))


def _places(plan: SignalPlan, width: int) -> list[NDArray[np.int64]]:
    """For each signal the places of its features, of new items and of those touched before: as `_question` has them."""
    count = len(plan.names)
    starts = np.array([0, count] if width == 2 * count else [0, count, width - 2 * count, width - count])
    return [starts + signal for signal in range(count)]


def _feature_names(plan: SignalPlan) -> tuple[list[str], list[str]]:
    """Of new items, and of those touched before."""
    bent_names = [f"log {name}" for name in plan.names]
    return [*plan.names, *bent_names], [
        "seen",
        "odds of coming back",
        "log times",
        "log items",
        "log events",
        *bent_names,
        *plan.names,
    ]


def _said(fitted: Fitted, plan: SignalPlan, excludes: bool) -> dict[str, Any]:
    names, seen_names = _feature_names(plan)
    seen_weights = np.zeros(len(seen_names)) if excludes else fitted.weights[len(names) :]
    return {
        "features": names,
        "weights": fitted.weights[: len(names)].tolist(),
        "seen_features": seen_names,
        "seen_weights": seen_weights.tolist(),
    }


def _pruning_loss(
    whole: FittedModel, weights: NDArray[np.float64], known: int, cuts: list[_Cut], settings: FitSettings
) -> dict[str, Any]:
    """What the artefact's budget costs, on users that the signals do not know."""
    pruned = compacted(whole)
    if "item_rows" not in pruned.attributes:
        return {}
    questions = [(cut.touches, cut.truths) for cut in cuts[:MOST_PRUNING_QUESTIONS]]
    found = measure_pruning(Signals(whole), Signals(pruned), weights.astype(np.float32), known, questions)
    entries = pruned.attributes["item_rows"]["entries"]
    settings.say(
        f"of each row the {entries} largest entries are kept: NDCG@10 {found['ndcg_at_10']:.4f}, "
        f"{found['ndcg_at_10_unpruned']:.4f} with all ({found['queries']} held-out users)"
    )
    return {**found, "entries": entries}


def _unlearned(plan: SignalPlan) -> dict[str, Any]:
    """Where no user can be held out: all signals alike."""
    names, seen_names = _feature_names(plan)
    even = [1.0 / len(plan.names)] * len(plan.names)
    return {
        "features": names,
        "weights": even + even,
        "seen_features": seen_names,
        "seen_weights": [0.0, 1.0, 0.0, 0.0, 0.0, *even, *(0.0 for _ in even)],
        "users": 0,
        "queries": 0,
        "log_likelihood": 0.0,
        "log_likelihood_of_popularity": 0.0,
    }


def _folds(order: NDArray[np.int64], users: int) -> list[NDArray[np.int64]]:
    """`users` held-out users or as many as there are, by fold: a quarter of all at most in one."""
    if len(order) < 2:
        return []
    users = max(1, users)
    size = max(1, min(users, int(LARGEST_FOLD * len(order))))
    count = min(MOST_FOLDS, -(-users // size), len(order) // size)
    return [order[start * size : (start + 1) * size] for start in range(count)]


def _cuts(
    interactions: Interactions, user: int, plan: SignalPlan, baskets: bool, generator: np.random.Generator
) -> Iterator[_Cut]:
    """Moments of a user's history: the last but one event's, some of the later half, some of any time, since people
    ask early too.

    Events without an order get one by chance: how a file lists them must not tell what is asked for. Where events come
    by the basket, it is the next basket that is asked for, never the rest of one."""
    items, times = interactions.history(user)
    weights = interactions.history_weights(user)
    if not plan.recent:
        drawn = generator.permutation(len(items))
        items, times = items[drawn], times[drawn]
        weights = None if weights is None else weights[drawn]
    count = len(items)
    later = generator.integers(max(1, count // 2), count, LATER_CUTS).tolist()
    places = {count - 1, *later, *generator.integers(1, count, MOST_CUTS - 1 - LATER_CUTS).tolist()}
    if baskets:
        starts = np.flatnonzero(np.diff(times, prepend=times[0] - 1))
        places = {int(starts[starts <= place][-1]) for place in places} - {0}
    for place in sorted(places):
        end = place + max(1, place // TRUTH_SHARE)
        if baskets:
            end = int(np.searchsorted(times, times[place], side="right"))
        before = None if weights is None else weights[:place]
        yield _Cut(Touches.of(items[:place], times[:place], before), np.unique(items[place:end]))


def _question(
    signals: Signals, known: int, cut: _Cut, table: RepeatTable, excludes: bool, generator: np.random.Generator
) -> _Question | None:
    """None where all that came next cannot be recommended.

    In a large catalogue most answers are beyond what any signal can find. There the weights are learned from those
    within reach, against candidates that count as they are: else they serve the bulk, and the first places suffer."""
    touches, truths = cut.touches, cut.truths
    matrix = signals.matrix(touches)
    scores = standard_scores(matrix, known)
    barred = np.zeros(matrix.shape[1], bool)
    barred[touches.items] = True
    new = truths[~barred[truths]]
    large = signals.plan.sparse
    if large:
        new = within_reach(scores, new, BEST)
    if excludes and not len(new):
        return None
    items, offset = choose_candidates(scores, new, barred, best=BEST, drawn=DRAWN, generator=generator)
    if large:
        offset[:] = 0
    features = np.concatenate([scores[:, items], bent(scores[:, items])])
    popular = matrix[list(signals.plan.names).index("popular_ever")]
    if not excludes:
        own = seen_features(scores[:, touches.items], touches, table)
        height = len(features) + len(own)
        both = np.zeros((height, len(items) + len(own[0])), np.float32)
        both[: len(features), : len(items)] = features
        both[len(features) :, len(items) :] = own
        features = both
        items = np.concatenate([items, touches.items])
        offset = np.concatenate([offset, np.zeros(len(touches.items), np.float32)])
    truth = np.isin(items, truths).astype(np.float32)
    if not truth.any():
        return None
    log_popular = np.where(popular > 0, np.log(np.expm1(popular) + 0.5), np.log(0.5))
    share = log_popular[items] - np.log(np.exp(log_popular).sum())
    truth /= truth.sum()
    return _Question(Example(features, truth, offset), float(truth @ share.astype(np.float32)))
