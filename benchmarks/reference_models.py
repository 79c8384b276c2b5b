"""Models of others, written anew from their papers, to measure ours against. Sessions are users here.

* item-kNN: cosine between items' sessions, scored from the last item alone, as in the first papers on sessions (Hidasi
  et al., ICLR 2016): support is damped by a constant.
* session kNN: the sessions most like the one at hand vote for their items (Jannach and Ludewig, RecSys 2017).
* SLIST: ridge regressions from an item to all of its session and from past items to later ones, solved together in
  closed form (Choi et al., WWW 2021, arXiv 2103.16104; their joint objective, with the diagonal left free).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions

Items = NDArray[np.int32]


class Reference(Protocol):
    """Scores a beginning of a session."""

    def scores(self, sessions: Sequence[Items]) -> NDArray[Any]:
        """A row of scores over all items for each session."""


def best(model: Reference, sessions: Sequence[Items], depth: int, piece: int = 256) -> list[Items]:
    """The items of highest score, the lower row first among equals."""
    lists = []
    for start in range(0, len(sessions), piece):
        scores = np.asarray(model.scores(sessions[start : start + piece]))
        for row in scores:
            top = np.argpartition(-row, depth)[: 2 * depth] if len(row) > 2 * depth else np.arange(len(row))
            lists.append(top[np.lexsort((top, -row[top]))][:depth].astype(np.int32))
    return lists


class ItemNeighbours:
    """Cosine of items, support damped by 20, from the last item alone.

    As published, an item is no neighbour of its own; `itself` lets it be, which suits sessions that repeat.
    """

    damping = 20.0

    def __init__(self, training: Interactions, *, itself: bool = False) -> None:
        seen = session_matrix(training)
        met = (seen.T @ seen).tocsr().astype(np.float64)
        if not itself:
            met.setdiag(0)
        support = np.sqrt(np.asarray(seen.sum(axis=0)).ravel() + self.damping)
        met.data /= support[np.repeat(np.arange(met.shape[0]), np.diff(met.indptr))] * support[met.indices]
        self._near = met

    def scores(self, sessions: Sequence[Items]) -> NDArray[Any]:
        return self._near[[session[-1] for session in sessions]].toarray()


@dataclass(frozen=True)
class SessionNeighbours:
    """The 500 sessions of greatest cosine among the latest 5,000 that share an item vote with it."""

    training: Interactions
    nearest: int = 500
    sampled: int = 5000

    def scores(self, sessions: Sequence[Items]) -> NDArray[Any]:
        from scipy.sparse import csr_matrix

        seen = session_matrix(self.training)
        holders = seen.tocsc()
        sizes = np.diff(seen.indptr)
        ends = self.training.times[self.training.offsets[1:] - 1]
        rows, columns, votes = [], [], []
        for row, session in enumerate(sessions):
            items = np.unique(session)
            near = np.concatenate([holders.indices[holders.indptr[i] : holders.indptr[i + 1]] for i in items])
            near, shared = np.unique(near, return_counts=True)
            latest = np.argsort(-ends[near], kind="stable")[: self.sampled]
            near, shared = near[latest], shared[latest]
            likeness = shared / np.sqrt(sizes[near] * len(items))
            nearest = np.argsort(-likeness, kind="stable")[: self.nearest]
            rows += [row] * len(nearest)
            columns.append(near[nearest])
            votes.append(likeness[nearest])
        if not rows:
            return np.zeros((len(sessions), self.training.item_count))
        shape = (len(sessions), self.training.user_count)
        table = csr_matrix((np.concatenate(votes), (rows, np.concatenate(columns))), shape)
        return (table @ seen).toarray()


@dataclass(frozen=True)
class SlistConstants:
    """SLIST's own names: alpha, lambda, delta of position for training and for answering, delta of time in days."""

    alpha: float = 0.2
    ridge: float = 10.0
    training_decay: float = 1.0
    answer_decay: float = 1.0
    days: float = 256.0


class Slist:
    """SLIST without its dense inverse: a session's scores are solved for by conjugate gradients, so any catalogue fits.

    With A = alpha X'WX + (1 - alpha) S'WS + ridge I and R = alpha X'WX + (1 - alpha) S'WT the item-by-item matrix is
    B = inverse(A) R, and a session q scores q B = (inverse(A) q) R, as A is symmetric. Solved to one part in 10^5.
    """

    def __init__(self, training: Interactions, constants: SlistConstants) -> None:
        from scipy.sparse import diags, identity

        self.constants = constants
        ends = training.times[training.offsets[1:] - 1]
        age = (ends.max() - ends) / 86_400
        weights = np.exp(-age / constants.days)
        whole = session_matrix(training, np.float32)
        past, later, of_session = _prefixes(training, constants.training_decay)
        by_session = diags(weights.astype(np.float32))
        by_prefix = diags(weights[of_session].astype(np.float32))
        alpha = np.float32(constants.alpha)
        together = alpha * (whole.T @ by_session @ whole)
        gram = together + (1 - alpha) * (past.T @ by_prefix @ past)
        ridge = np.float32(constants.ridge) * identity(training.item_count, np.float32)
        self._system = (gram + ridge).tocsr()
        self._right = (together + (1 - alpha) * (past.T @ by_prefix @ later)).tocsr()
        self._diagonal = self._system.diagonal()[:, None]

    def scores(self, sessions: Sequence[Items]) -> NDArray[Any]:
        asked = np.zeros((self._system.shape[0], len(sessions)), np.float32)
        for column, session in enumerate(sessions):
            lags = np.arange(len(session))[::-1]
            # Of an item clicked twice the later click counts.
            asked[session, column] = np.exp(-lags / self.constants.answer_decay)
        return np.asarray(self._right.T @ self._solve(asked)).T

    def _solve(self, right: NDArray[np.float32]) -> NDArray[np.float32]:
        """Conjugate gradients on all columns at once, preconditioned by the diagonal."""
        solution = np.zeros_like(right)
        rest = right.copy()
        scaled = rest / self._diagonal
        direction = scaled.copy()
        product = (rest * scaled).sum(axis=0)
        least = 1e-10 * product
        for _ in range(200):
            image = self._system @ direction
            step = product / np.maximum((direction * image).sum(axis=0), np.finfo(np.float32).tiny)
            solution += step * direction
            rest -= step * image
            scaled = rest / self._diagonal
            following = (rest * scaled).sum(axis=0)
            if (following <= least).all():
                break
            direction = scaled + following / np.maximum(product, np.finfo(np.float32).tiny) * direction
            product = following
        return solution


def session_matrix(training: Interactions, kind: Any = np.float64) -> Any:
    """Sessions by items: 1 where an item was touched, however often."""
    from scipy.sparse import csr_matrix

    shape = (training.user_count, training.item_count)
    # A copy: scipy sums duplicates in place, and the events' order is somebody else's.
    matrix = csr_matrix((np.ones(len(training), kind), training.items, training.offsets), shape, copy=True)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _prefixes(training: Interactions, decay: float) -> tuple[Any, Any, NDArray[np.int64]]:
    """For every place of a session but the last: the items up to it, those after it, both weighed by how near they
    are, and the session. Of an item touched twice the nearer touch counts."""
    from scipy.sparse import csr_matrix

    rows: list[list[NDArray[np.int64]]] = [[], []]
    columns: list[list[Items]] = [[], []]
    weights: list[list[NDArray[np.float64]]] = [[], []]
    of_session = []
    row = 0
    for session in range(training.user_count):
        items, _ = training.history(session)
        for place in range(len(items) - 1):
            for side, part in enumerate((items[place::-1], items[place + 1 :])):
                distinct, first = np.unique(part, return_index=True)
                rows[side].append(np.full(len(distinct), row))
                columns[side].append(distinct)
                weights[side].append(np.exp(-first / decay))
            of_session.append(session)
            row += 1
    shape = (row, training.item_count)
    past, later = (
        csr_matrix(
            (
                np.concatenate(weights[side]).astype(np.float32),
                (np.concatenate(rows[side]), np.concatenate(columns[side])),
            ),
            shape,
        )
        for side in (0, 1)
    )
    return past, later, np.array(of_session)
