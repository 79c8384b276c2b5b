"""Top-20 item neighbours by the cosine, timed against implicit's, every event of every user counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.alternated import alternate
from benchmarks.datasets import Absent, unordered_parts
from benchmarks.speed_rows import Row, Skipped, of_pairs
from reco.models.interactions import distinct_pairs
from reco.models.item_rows import ItemRows
from reco.models.item_similarity import Discounted, fit_neighbours

WORK = "top-20 item neighbours"
COUNT = 20
THREADS = 2
COSINE = Discounted(discount=0.5)
EVERYTHING = 1 << 40
"""Longer than any history: the peer counts all of it, so we do."""


def rows(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """MovieLens 1M and Gowalla, training parts."""
    for name in ("movielens-1m-implicit", "gowalla"):
        try:
            from implicit.nearest_neighbours import CosineRecommender
        except ImportError:
            yield Skipped(WORK, name, "implicit is not installed: make peers")
            continue
        try:
            if data is None:
                raise Absent("RECO_BENCHMARK_DATA names no folder")
            train = unordered_parts(data, name).train
        except Absent as absent:
            yield Skipped(WORK, name, str(absent))
            continue
        pairs = distinct_pairs(train.offsets, train.items, train.item_count)
        matrix = _matrix(pairs.offsets, pairs.items, train.item_count)

        def ours(pairs: Any = pairs) -> ItemRows:
            return fit_neighbours(pairs, COSINE, count=COUNT, history=EVERYTHING, threads=THREADS)

        def peer(matrix: Any = matrix, model: Any = CosineRecommender) -> Any:
            fitted = model(K=COUNT, num_threads=THREADS)
            fitted.fit(matrix, show_progress=False)
            return fitted.similarity.tocsr()

        quality = _compared(ours(), peer())
        yield of_pairs(WORK, name, None, alternate(ours, peer, max(runs, 3)), bar="0.6x", aim="1x", quality=quality)


def _matrix(offsets: NDArray[np.int64], items: NDArray[np.int32], item_count: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((np.ones(len(items)), items, offsets), (len(offsets) - 1, item_count))


def _compared(ours: ItemRows, peer: Any) -> dict[str, float]:
    """Whether both found as good neighbours, of the 19 beside the item itself that the peer keeps.

    Items in few histories have many neighbours of equal likeness, of which each side keeps others; so likeness is
    compared, too.
    """
    same, own_sum, peer_sum = [], 0.0, 0.0
    for item in range(0, ours.item_count, 7):
        span = slice(peer.indptr[item], peer.indptr[item + 1])
        others = peer.indices[span] != item
        theirs, values = peer.indices[span][others], peer.data[span][others]
        mine = slice(ours.offsets[item], ours.offsets[item + 1])
        best = np.argsort(-ours.values[mine], kind="stable")[: len(theirs)]
        same.append(len(np.intersect1d(ours.items[mine][best], theirs)) / max(len(theirs), 1))
        own_sum += float(ours.values[mine][best].sum())
        peer_sum += float(values.sum())
    return {"same_neighbours": round(float(np.mean(same)), 4), "likeness_to_peers": round(own_sum / peer_sum, 4)}
