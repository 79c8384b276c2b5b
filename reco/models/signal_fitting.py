"""Fitting the models behind the blend's signals, each from the same users."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models import als
from reco.models.autoregression import fit_one_block, fit_two_blocks
from reco.models.ease import fit_ease, gram_matrix
from reco.models.families.factors import ALL_ALIKE, EPOCHS, RECENCY, REGULARISATION, alpha
from reco.models.interactions import Interactions, offsets_of
from reco.models.item_rows import ItemRows
from reco.models.lag_counts import Floats, Sequences, decayed_counts, has_order, sequences_of
from reco.models.session_ridge import ages_of, fit_session_ridge
from reco.models.signals import SignalPlan, tables_of
from reco.models.sparse_signals import (
    count_following,
    count_given,
    count_together,
    fit_next,
    fit_sparse_ease,
    sparse_transitions,
)
from reco.models.transitions import log_transitions

LONGEST_SEQUENCE = 1000
"""Latest items of a user that item-to-item models learn from, lest one user outweigh the rest."""
FEWEST_USERS = 5
"""An item touched by fewer says nothing of what follows it, where there are items enough that more touched."""
ENOUGH_ITEMS = 500
KNOTS = 50
"""Moments at which popularity is known, with equally many events between them."""
_MOST_POPULARITY = 8_000_000
"""Numbers in the table of popularity."""
ONE_BLOCK_DECAY, ONE_BLOCK_RIDGE = 0.8, 60.0
TWO_BLOCK_DECAY, TWO_BLOCK_RIDGE = 0.88, 40.0
EASY_ITEMS, EVENTS_AN_ITEM = 3000, 32
"""The two-block autoregression has twice the coefficients and costs more than all else: it is left out of larger
catalogues with fewer events an item, where it adds nothing that can be told from chance."""
COUNT_DECAY = 0.75
TRANSITION_DECAY, TRANSITION_PRIOR = 0.85, 40.0
COMPANY_PRIOR = 100.0
EASE_DECAY = 60.0
SESSION_EVENTS = 20
"""Histories of which half are no longer are sessions: looked at as wholes too."""
SESSION_SHARE, SESSION_RIDGE = 0.5, 50.0
SESSION_TRAINING_DECAY, SESSION_DECAY = math.exp(-2.0), math.exp(-1.0)
"""Of an item's weight with each step, in learning and in answering."""
TOP = 300
"""Entries kept of each row."""


Task = Callable[[], dict[str, NDArray[Any]]]
"""Fits one model; gives its arrays."""


@dataclass(frozen=True)
class Head:
    """The items that item-to-item models cover, and the sequences of those alone."""

    items: NDArray[np.int32]
    """Rising."""
    sequences: Sequences
    """In numbers of places in `items`."""
    item_count: int
    """Of the whole catalogue."""


def plan_signals(interactions: Interactions, *, recent: bool, steps: int, dense_limit: int) -> SignalPlan:
    """Which signals these data can feed.

    Args:
        dense_limit: with more items than that worth a row, item-to-item models are sparse, and some are others.
    """
    ordered = recent and has_order(interactions)
    covered = worth_a_row(np.bincount(interactions.items))
    large = covered > dense_limit
    names = ["popular_ever", "factors", "ease"]
    names.append("together" if large else "company")
    if large and not ordered:
        names.append("given")
    if ordered:
        names += ["popular", "popular_lately", "popular_just_now", "next", "transition", "step"]
        if not large and np.median(interactions.lengths[interactions.lengths > 0]) <= SESSION_EVENTS:
            names.append("session")
        names.append("following" if large else "company_lately")
        if not large and (covered <= EASY_ITEMS or len(interactions) >= EVENTS_AN_ITEM * covered):
            names.append("next_two_blocks")
    return SignalPlan(
        names=tuple(names),
        steps=max(1, steps),
        autoregression_decay=ONE_BLOCK_DECAY,
        two_block_decay=TWO_BLOCK_DECAY,
        ease_decay=EASE_DECAY if ordered else None,
        session_decay=SESSION_DECAY,
        transition_decay=TRANSITION_DECAY,
        recent=ordered,
        sparse=large,
    )


def fit_signals(
    interactions: Interactions,
    plan: SignalPlan,
    *,
    factors: int,
    seed: int,
    threads: int,
    dense_limit: int,
    initial: Floats | None = None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays and attributes that `Signals` reads.

    Args:
        initial: (I, K) item factors to begin with.
    Cost: for H items that are covered about 15 H^3 multiplications, and the factorisation.
    """
    sparse = plan.sparse
    tasks = _sparse_tasks(interactions, plan, seed) if sparse else _dense_tasks(interactions, plan, seed, dense_limit)
    weights = RECENCY if plan.recent else ALL_ALIKE
    objective = als.Objective(alpha=alpha(interactions), regularisation=REGULARISATION)
    factorisation = als.begin(
        weights.weigh(interactions), objective, factors=factors, seed=seed, threads=threads, initial=initial
    )
    # The factorisation forks its workers: before there are threads.
    with factorisation, ThreadPoolExecutor(max(1, threads)) as pool:
        # Where catalogues are large it is memory that is short: the factorisation comes first, and not beside the
        # others.
        found = [] if sparse else [pool.submit(task) for task in tasks]
        fitted = factorisation.run(epochs=EPOCHS)
        found = found or [pool.submit(task) for task in tasks]
        arrays = {name: array for task in found for name, array in task.result().items()}
    table, times = popularity_table(interactions)
    arrays |= {"item_factors": fitted.items, "spectrum": fitted.spectrum}
    arrays |= {"popularity": table, "popularity_times": times}
    attributes = {
        "signals": plan.to_json(),
        "objective": asdict(objective),
        "history_weights": asdict(weights),
    }
    return arrays, attributes


def head_of(interactions: Interactions, *, seed: int, limit: int) -> Head:
    """The items with enough users, at most `limit` of them, those of most users first."""
    sequences = sequences_of(interactions, seed=seed, longest=LONGEST_SEQUENCE)
    users = np.bincount(sequences.items, minlength=sequences.item_count)
    order = np.argsort(-users, kind="stable")[: min(limit, worth_a_row(users))]
    items = np.sort(order).astype(np.int32)
    return Head(items, covered(sequences, items), sequences.item_count)


def covered(sequences: Sequences, items: NDArray[np.int32]) -> Sequences:
    """The sequences of some items alone, each in numbers of its place in `items`, rising."""
    place = np.full(sequences.item_count, -1, np.int32)
    place[items] = np.arange(len(items))
    kept = place[sequences.items] >= 0
    owners = np.repeat(np.arange(len(sequences.offsets) - 1), np.diff(sequences.offsets))
    lengths = np.bincount(owners[kept], minlength=len(sequences.offsets) - 1)
    return Sequences(
        offsets_of(lengths), place[sequences.items[kept]], sequences.times[kept], sequences.weights[kept], len(items)
    )


def worth_a_row(users: NDArray[np.integer]) -> int:
    """How many items have been touched often enough for item-to-item models."""
    often = int(np.count_nonzero(users >= FEWEST_USERS))
    return often if often >= ENOUGH_ITEMS else int(np.count_nonzero(users))


def popularity_table(interactions: Interactions) -> tuple[Floats, NDArray[np.int64]]:
    """(knots + 1, I) events of each item until each knot, from none to all, and the time of each knot.

    A knot's row counts no event later than its time.
    """
    count = max(1, min(KNOTS, _MOST_POPULARITY // max(interactions.item_count, 1), len(interactions)))
    order = np.argsort(interactions.times, kind="stable")
    ends = (np.arange(1, count + 1) * len(order)) // count
    bins = np.repeat(np.arange(count), np.diff(ends, prepend=0))
    table = np.zeros((count + 1, interactions.item_count), np.float32)
    np.add.at(table, (bins + 1, interactions.items[order]), 1)
    return np.cumsum(table, axis=0, dtype=np.float32), interactions.times[order][ends - 1]


def _ease_ridge(interactions: Interactions) -> float:
    """Grows with the data, but slower: about 150 for 100,000 events, 500 for a million."""
    return 0.5 * float(len(interactions)) ** 0.5


def _dense_tasks(interactions: Interactions, plan: SignalPlan, seed: int, limit: int) -> list[Task]:
    """The item-to-item signals of a catalogue within the dense limit."""
    head = head_of(interactions, seed=seed, limit=limit)
    tasks: dict[str, Task] = {
        "ease": lambda: _spread("ease", fit_ease(head.sequences, ridge=_ease_ridge(interactions)), head),
        "two_blocks_last": lambda: _two_blocks(head, plan),
        "one_block": lambda: _one_block(head, plan),
        "session": lambda: _session(interactions, head, seed),
        "company": lambda: _company(head),
        "transitions": lambda: _transitions("transitions", head, min(12, plan.steps)),
        "steps": lambda: _transitions("steps", head, 1),
    }
    wanted = tables_of(plan.names)
    return [task for name, task in tasks.items() if name in wanted]


def _sparse_tasks(interactions: Interactions, plan: SignalPlan, seed: int) -> list[Task]:
    """The item-to-item signals of a catalogue beyond the dense limit, all items covered."""
    sequences = sequences_of(interactions, seed=seed, longest=LONGEST_SEQUENCE)
    tasks: dict[str, Callable[[], ItemRows]] = {
        "ease": lambda: fit_sparse_ease(sequences),
        "together": lambda: count_together(sequences),
        "given": lambda: count_given(sequences),
        "one_block": lambda: fit_next(
            sequences, decay=plan.autoregression_decay, ridge=ONE_BLOCK_RIDGE, most_lags=plan.steps
        ),
        "following": lambda: count_following(sequences, decay=COUNT_DECAY, most_lags=plan.steps),
        "transitions": lambda: sparse_transitions(
            sequences, decay=COUNT_DECAY, most_lags=min(12, plan.steps), prior=TRANSITION_PRIOR
        ),
        "steps": lambda: sparse_transitions(sequences, decay=COUNT_DECAY, most_lags=1, prior=TRANSITION_PRIOR),
    }
    wanted = tables_of(plan.names)
    return [partial(_named, name, task) for name, task in tasks.items() if name in wanted]


def _named(name: str, task: Callable[[], ItemRows]) -> dict[str, NDArray[Any]]:
    return task().pruned(TOP).arrays(name)


def _ones(head: Head) -> NDArray[np.float64]:
    return np.ones(len(head.sequences.items))


def _one_block(head: Head, plan: SignalPlan) -> dict[str, NDArray[Any]]:
    fitted = fit_one_block(
        head.sequences, _ones(head), decay=plan.autoregression_decay, ridge=ONE_BLOCK_RIDGE, most_lags=plan.steps
    )
    return _spread("one_block", fitted.last, head)


def _two_blocks(head: Head, plan: SignalPlan) -> dict[str, NDArray[Any]]:
    fitted = fit_two_blocks(
        head.sequences, _ones(head), decay=plan.two_block_decay, ridge=TWO_BLOCK_RIDGE, most_lags=plan.steps
    )
    return _spread("two_blocks_last", fitted.last, head) | _spread("two_blocks_earlier", fitted.earlier, head)


def _session(interactions: Interactions, head: Head, seed: int) -> dict[str, NDArray[Any]]:
    """The oldest sessions count a third of the latest."""
    weights = np.exp(-ages_of(interactions)).astype(np.float32)[interactions.user_rows()]
    weighed = replace(interactions, weights=weights)
    wholes, events = (
        covered(sequences_of(weighed, seed=seed, longest=LONGEST_SEQUENCE, repeats=repeats), head.items)
        for repeats in (False, True)
    )
    table = fit_session_ridge(wholes, events, share=SESSION_SHARE, decay=SESSION_TRAINING_DECAY, ridge=SESSION_RIDGE)
    return _spread("session", table, head)


def _shares(head: Head) -> Floats:
    users = np.bincount(head.sequences.items, minlength=len(head.items))
    return (users / max(users.sum(), 1)).astype(np.float32)


def _company(head: Head) -> dict[str, NDArray[Any]]:
    """Log transitions without a direction: what the same users touched, at any time."""
    counts = gram_matrix(head.sequences)
    np.fill_diagonal(counts, 0)
    return _spread("company", log_transitions(counts, _shares(head), prior=COMPANY_PRIOR), head)


def _transitions(name: str, head: Head, lags: int) -> dict[str, NDArray[Any]]:
    (counts,) = decayed_counts(head.sequences, COUNT_DECAY, lags, [_ones(head)])
    return _spread(name, log_transitions(counts, _shares(head), prior=TRANSITION_PRIOR), head)


def _spread(name: str, table: Floats, head: Head) -> dict[str, NDArray[Any]]:
    """A table of the covered items as rows of the whole catalogue."""
    step = max(1, 4_000_000 // max(len(table), 1))
    rows = ItemRows.of_blocks((table[start : start + step] for start in range(0, len(table), step)), TOP, head.items)
    lengths = np.zeros(head.item_count, np.int64)
    lengths[head.items] = np.diff(rows.offsets)
    return ItemRows(offsets_of(lengths), rows.items, rows.values).arrays(name)
