"""The artefact's budget: how many entries of each row of the item-to-item tables are worth their bytes, and what the
others would have added to the ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.blend import standard_scores, weighed
from reco.models.compact import column_type, compact_factors, pack
from reco.models.history import Touches
from reco.models.item_rows import ItemRows
from reco.models.signals import TABLES, Signals
from reco.models.source import FittedModel
from reco.models.top_k import top_k

Arrays = Mapping[str, NDArray[Any]]

SMALL_BYTES, SMALL_ITEMS = 150_000_000, 10_000
LARGEST_BYTES = 700_000_000
"""What item-to-item tables may take: so much up to so many items, then as the cube root of their number, up to this."""
COUNTS_SHRUNK_FROM = 4_000_000
"""Numbers in the table of popularity from which they take two bytes each."""
_COUNTS = frozenset({"popularity"})
DEPTH = 10


def budget_of(item_count: int) -> int:
    """Bytes for the item-to-item tables of a catalogue."""
    growth = max(1.0, item_count / SMALL_ITEMS) ** (1 / 3)
    return int(min(SMALL_BYTES * growth, LARGEST_BYTES))


def affordable_entries(tables: Mapping[str, ItemRows], budget: int) -> int:
    """The largest number of entries that every row of every table can keep within `budget` bytes; at least 1."""
    count = next(iter(tables.values())).item_count
    entry = column_type(count).itemsize + 2
    room = budget - 8 * len(tables) * count
    lengths = np.concatenate([np.diff(table.offsets) for table in tables.values()])
    low, high = 1, max(1, int(lengths.max(initial=1)))
    while low < high:
        middle = (low + high + 1) // 2
        if entry * int(np.minimum(lengths, middle).sum()) <= room:
            low = middle
        else:
            high = middle - 1
    return low


def compacted(model: FittedModel, *, budget: int | None = None) -> FittedModel:
    """The model with its item-to-item tables pruned to the budget and packed, its factors and counts in few bytes
    where they are many; as `Signals` reads it either way. Attribute `item_rows` says how many entries a row may have.

    Args:
        budget: bytes; that of the catalogue's size when None.
    """
    names = [name for name in TABLES if f"{name}.offsets" in model.arrays]
    arrays = {name: array for name, array in model.arrays.items() if name.rpartition(".")[0] not in names}
    attributes = dict(model.attributes)
    arrays |= compact_factors(model.arrays["item_factors"])
    arrays |= {name: _in_few_bytes(arrays[name]) for name in _COUNTS & arrays.keys()}
    if names:
        tables = {name: ItemRows.read(model, name) for name in names}
        if budget is None:
            budget = budget_of(next(iter(tables.values())).item_count)
        most = affordable_entries(tables, budget)
        packed, said = pack({name: table.pruned(most) for name, table in tables.items()})
        arrays |= packed
        attributes["item_rows"] = {**said, "entries": most}
    return FittedModel(arrays, attributes)


def _in_few_bytes(counts: NDArray[Any]) -> NDArray[Any]:
    """Counts of a large catalogue in two bytes each, where they fit."""
    fits = counts.size >= COUNTS_SHRUNK_FROM and counts.max() < 1 << 16 and not np.any(counts % 1)
    return counts.astype(np.uint16) if fits else counts


def measure_pruning(
    whole: Signals,
    pruned: Signals,
    weights: NDArray[np.floating],
    known: int,
    questions: Iterable[tuple[Touches, NDArray[np.integer]]],
) -> dict[str, Any]:
    """NDCG@10 of new items that came next, with all entries and with those kept.

    Args:
        weights: of the standard scores and of their bent form.
        known: items that training saw.
        questions: histories and the items touched after them.
    """
    gains: dict[str, list[float]] = {"unpruned": [], "pruned": []}
    for touches, truths in questions:
        new = np.setdiff1d(truths, touches.items)
        if not len(new):
            continue
        for name, signals in (("unpruned", whole), ("pruned", pruned)):
            likings = weighed(standard_scores(signals.matrix(touches), known), weights)
            likings[touches.items] = -np.inf
            gains[name].append(_gain(top_k(likings, DEPTH), new))
    means = {name: float(np.mean(found)) if found else 0.0 for name, found in gains.items()}
    return {
        "queries": len(gains["pruned"]),
        "ndcg_at_10": means["pruned"],
        "ndcg_at_10_unpruned": means["unpruned"],
    }


def _gain(ranked: NDArray[np.int64], truths: NDArray[np.integer]) -> float:
    worth = 1 / np.log2(np.arange(2, DEPTH + 2))
    hits = np.isin(ranked, truths)
    return float(worth[: len(ranked)] @ hits) / float(worth[: len(truths)].sum())
