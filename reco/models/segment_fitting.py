"""Fitting what ranks users: vectors, likeness of items, and the weights of a history's sides, learned on touches that
were kept from the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models import als
from reco.models.co_occurrence import latest_items
from reco.models.conditional_logit import fit_scaled_weights
from reco.models.content import ItemContent
from reco.models.families.factors import EPOCHS, RECENCY, REGULARISATION, alpha
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, distinct_pairs, newest_events, offsets_of
from reco.models.item_rows import ItemRows
from reco.models.runs import runs_of
from reco.models.segments import FEATURES, ItemTable, UserTable, features
from reco.models.selection import Values
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

KEPT_SHARE = 0.1
"""Share of each user's newest events that the weights are learned on."""
LEARNED_FROM_USERS = 50_000
"""Most users whom the weights are learned from; more tell the same few numbers no better."""
QUERIES, CANDIDATES = 600, 300
RIDGE = 0.003
UNLEARNED = {"activity": 1.0, "product": 1.0, "standing": 0.3, "neighbours": 1.0}
"""Weights where nothing could be kept from the rest: the sides, in the order in which they tell most elsewhere."""

LIKE_ITEMS = 100
STAND_INS = 20
HISTORY_LIMIT = 100
"""Latest items of a user that make items alike: what was touched long apart says little, and costs most."""
_SHRINKAGE = 10.0
_WORK = 4_000_000
_LEAST_DEVIATION = 1e-4

ChooseItems = Callable[[int, np.random.Generator], NDArray[Any]]
"""The items to ask for, given one that was touched; empty when it has none to ask for."""


def fit_segments(
    data: TrainingData, values: Values, settings: FitSettings, family: str, choose: ChooseItems
) -> FittedModel:
    """Fits either family. `decided["segment_weights"]` spares learning the weights."""
    weights = settings.decided.get("segment_weights")
    if weights is None:
        settings.say("learning how much each side of a history tells")
        weights = _learn(data, values, settings, choose)
    users, items, objective = _fit_tables(data.interactions, data.content, values, settings)
    return FittedModel(
        arrays={
            **users.arrays(),
            "item_factors": items.factors,
            "item_users": items.users,
            **items.likeness.arrays("likeness"),
            **items.stand_ins.arrays("stand_ins"),
        },
        attributes={
            "family": family,
            "segment_weights": dict(weights),
            "objective": asdict(objective),
            "history_weights": asdict(RECENCY),
        },
    )


def keep_newest(interactions: Interactions, share: float) -> tuple[Interactions, NDArray[np.int32], NDArray[np.int32]]:
    """The events without each user's newest `share` (rounded down, but one at least of two or more), and the users and
    items of those that were kept back."""
    newest = newest_events(interactions, share)
    return interactions.of_events(~newest), interactions.user_rows()[newest], interactions.items[newest]


def _learn(data: TrainingData, values: Values, settings: FitSettings, choose: ChooseItems) -> dict[str, float]:
    generator = np.random.default_rng(settings.seed)
    sample = data.interactions
    if sample.user_count > LEARNED_FROM_USERS:
        keep = np.zeros(sample.user_count, bool)
        keep[generator.choice(sample.user_count, LEARNED_FROM_USERS, replace=False)] = True
        sample = sample.of_users(keep)
    rest, kept_users, kept_items = keep_newest(sample, KEPT_SHARE)
    active = np.flatnonzero(rest.lengths)
    if len(kept_items) < 2 or len(active) < 2:
        return dict(UNLEARNED)
    users, items, _ = _fit_tables(rest, data.content, values, settings)
    sets = []
    for event in generator.permutation(len(kept_items))[:QUERIES]:
        asked = choose(int(kept_items[event]), generator)
        if len(asked):
            rows = np.append(kept_users[event], generator.choice(active, CANDIDATES))
            sets.append(features(users.of_users(rows), items.wanted(asked), slice(0, len(rows))))
    if not sets:
        return dict(UNLEARNED)
    weights = fit_scaled_weights(np.stack(sets), ridge=RIDGE)
    return {name: float(f"{weight:.6g}") for name, weight in zip(FEATURES, weights, strict=True)}


def _fit_tables(
    interactions: Interactions, content: ItemContent | None, values: Values, settings: FitSettings
) -> tuple[UserTable, ItemTable, als.Objective]:
    pairs = RECENCY.weigh(interactions)
    objective = als.Objective(alpha=alpha(interactions), regularisation=REGULARISATION)
    fitted = als.fit(
        pairs,
        objective,
        factors=int(values.get("hidden_dimension", 149)),
        epochs=EPOCHS,
        seed=settings.seed,
        threads=settings.threads,
        with_users=True,
    )
    assert fitted.users is not None  # noqa: S101  asked for
    touched = np.bincount(pairs.columns, minlength=pairs.width)
    known = fitted.items[touched > 0].astype(np.float64)
    centre = known.mean(axis=0)
    spread = (known - centre).T @ (known - centre) / len(known)
    vectors = fitted.users.astype(np.float64)
    deviations = np.sqrt(np.maximum(np.einsum("uk,uk->u", vectors @ spread, vectors), 0))
    users = UserTable(
        pairs,
        fitted.users,
        (vectors @ centre).astype(np.float32),
        np.maximum(deviations, _LEAST_DEVIATION).astype(np.float32),
    )
    items = ItemTable(fitted.items, _likeness(interactions), _stand_ins(content, touched > 0), touched.astype(np.int32))
    return users, items, objective


def _likeness(interactions: Interactions) -> ItemRows:
    """Each item's nearest by the cosine of their users, shrunk: c_ij / sqrt((n_i + 10) (n_j + 10))."""
    from scipy import sparse  # only where models are fitted: no handler carries it

    pairs = distinct_pairs(interactions.offsets, interactions.items, interactions.item_count)
    latest = latest_items(pairs, HISTORY_LIMIT)
    lengths = np.diff(latest.offsets)
    by_user = sparse.csr_matrix(
        (np.ones(len(latest.items), np.float32), latest.items, latest.offsets), shape=(len(lengths), pairs.item_count)
    )
    by_item = by_user.T.tocsr()
    scale = (1 / np.sqrt(np.diff(by_item.indptr) + _SHRINKAGE)).astype(np.float32)
    work = np.asarray(by_item @ lengths.astype(np.float64))
    parts = []
    for block in runs_of(work, _WORK):
        met = (by_item[block] @ by_user).tocsr()
        met.sort_indices()
        rows = np.repeat(np.arange(block.start, block.stop), np.diff(met.indptr))
        others = met.indices != rows
        rows, columns = rows[others], met.indices[others]
        parts.append((rows, columns, met.data[others] * scale[rows] * scale[columns]))
    return _joined(parts, pairs.item_count, LIKE_ITEMS)


def _stand_ins(content: ItemContent | None, touched: NDArray[np.bool_]) -> ItemRows:
    """For items that nobody touched, the touched ones most like them by content; their weights sum to 1."""
    from scipy import sparse  # only where models are fitted: no handler carries it

    count = len(touched)
    untouched = np.flatnonzero(~touched)
    if content is None or not len(untouched) or not touched.any():
        return ItemRows(np.zeros(count + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    table = sparse.csr_matrix((content.values, content.columns, content.offsets), shape=(count, content.width))
    sizes = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = sparse.diags(1 / np.maximum(sizes, 1e-12)) @ table
    known = np.flatnonzero(touched)
    others = table[known].T.tocsr()
    work = np.asarray(table[untouched].astype(bool) @ np.diff(others.indptr).astype(np.float64))
    parts = []
    for block in runs_of(work, _WORK):
        like = (table[untouched[block]] @ others).tocsr()
        like.sort_indices()
        rows = np.repeat(untouched[block], np.diff(like.indptr))
        good = like.data > 0
        parts.append((rows[good], known[like.indices[good]], like.data[good].astype(np.float32)))
    nearest = _joined(parts, count, STAND_INS)
    owner = np.repeat(np.arange(count), np.diff(nearest.offsets))
    totals = np.bincount(owner, nearest.values, minlength=count)
    return ItemRows(nearest.offsets, nearest.items, (nearest.values / totals[owner]).astype(np.float32))


def _joined(parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[np.float32]]], item_count: int, top: int) -> ItemRows:
    """Runs of rows as one matrix, the `top` entries of each row; rows and columns rise."""
    pruned = []
    for rows, columns, values in parts:
        first, last = (int(rows[0]), int(rows[-1])) if len(rows) else (0, -1)
        counts = np.bincount(rows - first, minlength=last - first + 1) if len(rows) else np.zeros(0, np.int64)
        best = ItemRows(offsets_of(counts), columns.astype(np.int32), values).pruned(top)
        pruned.append((first + np.repeat(np.arange(best.item_count), np.diff(best.offsets)), best.items, best.values))
    rows = np.concatenate([np.empty(0, np.int64), *(part[0] for part in pruned)])
    return ItemRows(
        offsets_of(np.bincount(rows, minlength=item_count)),
        np.concatenate([np.empty(0, np.int32), *(part[1] for part in pruned)]),
        np.concatenate([np.empty(0, np.float32), *(part[2] for part in pruned)]),
    )
