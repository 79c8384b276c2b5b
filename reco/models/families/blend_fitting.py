"""Fitting the blend: its weights on users who were held out of the signals, then the signals on everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models import als
from reco.models.blend import Example, bent, choose_candidates, fit_weights, standard_scores, weighed, within_reach
from reco.models.cold_items import fit_cold_items
from reco.models.cold_likings import ColdLikings, fit_cold_likings
from reco.models.cold_likings import Example as ColdExample
from reco.models.compact import read_factors
from reco.models.content import ItemContent
from reco.models.families.blend import BlendModel, seen_features
from reco.models.fit_settings import FitSettings
from reco.models.history import Touches
from reco.models.interactions import Interactions
from reco.models.lag_counts import comes_by_basket
from reco.models.newcomers import fit_newcomers
from reco.models.popularity import newcomer_shares
from reco.models.pruning import compacted, measure_pruning
from reco.models.repeats import RepeatTable, fit_repeats
from reco.models.selection import Values, seen_items, usual_users
from reco.models.signal_fitting import fit_signals, plan_signals
from reco.models.signals import SignalPlan, Signals
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

Floats = NDArray[np.float32]

DENSE_LIMIT = 6_000
"""Most items in the item-by-item systems that are solved densely."""
DEFAULT_STEPS = 32
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
COLD_EXAMPLES = 100
"""Users on whom is learned how far content is to be believed."""
MOST_PRUNING_QUESTIONS = 200
_EXAMPLE_CELLS = 400_000_000
"""Numbers of signals that are computed to learn the weights."""


@dataclass(frozen=True)
class _Cut:
    """A user's history at some moment, and what they touched next."""

    touches: Touches
    truths: NDArray[np.int32]


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """The blend; the weights that `settings.decided` holds are taken over."""
    interactions = usual_users(data.interactions, values)
    recent = bool(values.get("recency_mask", True))
    factors = int(values.get("hidden_dimension", 149))
    plan = plan_signals(
        interactions, recent=recent, steps=int(values.get("bptt", DEFAULT_STEPS)), dense_limit=DENSE_LIMIT
    )
    decided = settings.decided
    seen = decided.get("seen_items") or seen_items(interactions)
    if "blend" in decided and SignalPlan.from_json(decided["signals"]) == plan:
        learned, table = decided["blend"], _table(decided)
    else:
        settings.say("learning how the signals add up")
        learned, table = _learn(interactions, plan, seen, factors, settings)
    settings.say(f"fitting {len(plan.names)} signals")
    arrays, attributes = _signals(interactions, plan, factors, settings)
    touched = np.bincount(interactions.items, minlength=interactions.item_count) > 0
    everybody = data.interactions
    newcomers = fit_newcomers(everybody, newcomer_shares(everybody, recent=recent), everybody.described_events())
    arrays |= {
        **newcomers.arrays(),
        "untouched_items": np.flatnonzero(~touched).astype(np.int32),
    }
    attributes |= {
        **newcomers.attributes(),
        "family": BlendModel.family,
        "seen_items": seen,
        "blend": learned,
        "repeat_log_odds": table.log_odds.tolist(),
    }
    cold = _cold(data.content, interactions, FittedModel(arrays, attributes), settings)
    if cold:
        arrays |= cold.arrays()
        attributes |= cold.attributes()
    model = compacted(FittedModel(arrays, attributes))
    return data.objective.leaning(model) if data.objective else model


def _cold(
    content: ItemContent | None, interactions: Interactions, model: FittedModel, settings: FitSettings
) -> ColdLikings | None:
    """What content promises of items that nobody touched; None where there is no content, or no such item."""
    counts = np.bincount(interactions.items, minlength=interactions.item_count)
    if content is None or (counts > 0).all():
        return None
    settings.say("learning what the items' content promises")
    found = fit_cold_items(content, model.array("item_factors"), counts, seed=settings.seed)
    signals, weights = Signals(model), np.array(model.attributes["blend"]["weights"], np.float32)
    known = int(np.count_nonzero(counts))
    active = np.flatnonzero(interactions.lengths)
    asked = np.random.default_rng(settings.seed).choice(active, min(COLD_EXAMPLES, len(active)), replace=False)

    def examples() -> Iterator[ColdExample]:
        for user in np.sort(asked).tolist():
            touches = Touches.of(*interactions.history(user), interactions.history_weights(user))
            scores = standard_scores(signals.matrix(touches), known)
            yield ColdExample(signals.vector(touches), touches.items, weighed(scores, weights))

    return fit_cold_likings(found.promised, found.codes, counts > 0, examples())


def _signals(
    interactions: Interactions, plan: SignalPlan, factors: int, settings: FitSettings
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    return fit_signals(
        interactions,
        plan,
        factors=factors,
        seed=settings.seed,
        threads=settings.threads,
        dense_limit=DENSE_LIMIT,
        initial=_begun(settings, interactions.item_count, factors),
    )


def _begun(settings: FitSettings, item_count: int, factors: int) -> Floats | None:
    """Item factors of an earlier version to go on from, by the rows of the items now; None to start afresh."""
    if settings.previous is None:
        return None
    earlier = read_factors(settings.previous)
    return als.continued(earlier[np.arange(len(earlier))], np.arange(item_count), factors, settings.seed)


def _table(decided: Mapping[str, Any]) -> RepeatTable:
    return RepeatTable(np.array(decided["repeat_log_odds"], np.float32))


def _learn(
    interactions: Interactions, plan: SignalPlan, seen: str, factors: int, settings: FitSettings
) -> tuple[dict[str, Any], RepeatTable]:
    """The weights and what is known of them, and the table of repeats.

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
    examples: list[Example] = []
    for fold in folds:
        kept = np.ones(interactions.user_count, bool)
        kept[fold] = False
        others = interactions.of_users(kept)
        if not len(others):
            continue
        arrays, attributes = _signals(others, plan, factors, settings)
        whole = FittedModel(arrays, attributes)
        signals = Signals(whole)
        known = int(np.count_nonzero(np.bincount(others.items, minlength=others.item_count)))
        for user in fold:
            for cut in cuts[int(user)]:
                example = _example(signals, known, cut, table, excludes, generator)
                if example is not None:
                    examples.append(example)
    names = [*plan.names, *(f"log {name}" for name in plan.names)]
    seen_names = ["seen", "odds of coming back", "log times", "log items", "log events"]
    seen_names += [*(f"log {name}" for name in plan.names), *plan.names]
    if not examples:
        return _unlearned(plan, names, seen_names), table
    fitted = fit_weights(examples, ridge=RIDGE + PRIOR_EXAMPLES / len(examples))
    weights = fitted.weights[: len(names)]
    loss = _pruning_loss(whole, weights, known, [cuts[int(user)][-1] for user in fold], settings)
    seen_weights = np.zeros(len(seen_names)) if excludes else fitted.weights[len(names) :]
    return {
        "features": names,
        "weights": weights.tolist(),
        "seen_features": seen_names,
        "seen_weights": seen_weights.tolist(),
        "users": sum(len(fold) for fold in folds),
        "queries": len(examples),
        "pruning": loss,
        "log_likelihood": fitted.log_likelihood,
        "log_likelihood_of_popularity": fitted.null_log_likelihood,
    }, table


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


def _unlearned(plan: SignalPlan, names: list[str], seen_names: list[str]) -> dict[str, Any]:
    """Where no user can be held out: all signals alike."""
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


def _example(
    signals: Signals, known: int, cut: _Cut, table: RepeatTable, excludes: bool, generator: np.random.Generator
) -> Example | None:
    """None where all that came next cannot be recommended.

    In a large catalogue most answers are beyond what any signal can find. There the weights are learned from those
    within reach, against candidates that count as they are: else they serve the bulk, and the first places suffer."""
    touches, truths = cut.touches, cut.truths
    matrix = signals.matrix(touches)
    scores = standard_scores(matrix, known)
    barred = np.zeros(matrix.shape[1], bool)
    barred[touches.items] = True
    new = truths[~barred[truths]]
    large = "together" in signals.plan.names
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
    return Example(features, truth / truth.sum(), offset, share.astype(np.float32))
