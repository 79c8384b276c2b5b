"""How signals add up: a multinomial logistic regression of what users touched next on the signals' standard scores.

For each request a signal's standard score z = (s - mean) / sd over the catalogue, clipped to [-3, 12], counts linearly
and as sign(z) log(1 + |z|); an item's share is the softmax of the weighted sum. The weights are those under which
held-out users' next items were likeliest, with a normal prior (`conditional_logit`).

The softmax runs over the strongest items of each signal, the truths, and a few drawn from the rest, each of which
stands for the many that were not (its share is multiplied by their number: stratified importance sampling).

What a user has touched before has features of its own (`repeats.py`), or no share at all where nobody comes back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOWEST, HIGHEST = -3.0, 12.0
"""Of a standard score. In a catalogue of n items one that stands alone has root n, which is the bound of large ones:
clipped lower, all the few items that a sparse signal knows would be equal."""
_FLAT = 1e-3
"""A signal that varies less than this share of its mean says nothing, rather than the noise of single precision."""
_NOTHING = 1e-6
"""The same of a signal whatever its mean. A sparse one that knows a hundred items of a million varies by 1e-4."""
_MANY, _BLOCK = 100_000, 256
"""Items from which on their strongest are found through the maxima of blocks, and the size of those: a tenth of the
cost."""


def standard_scores(signals: Floats, known: int) -> Floats:
    """(S, I) z of each signal over the `known` items of the catalogue; the others must be 0 in all signals.

    Sums of squares come from BLAS, which adds in blocks: in single precision they are good to a millionth."""
    count = max(known, 1)
    mean = signals.sum(axis=1) / np.float32(count)
    square = np.array([row @ row for row in signals], np.float64) / count
    deviation = np.sqrt(np.maximum(square - mean.astype(np.float64) ** 2, 0))
    scale = np.where(deviation > _FLAT * np.abs(mean) + _NOTHING, 1 / np.maximum(deviation, 1e-30), 0)
    scores = signals - mean[:, None]
    scores *= scale[:, None].astype(np.float32)
    return np.clip(scores, np.float32(LOWEST), np.float32(max(HIGHEST, known**0.5)), out=scores)


def bent(scores: Floats) -> Floats:
    """sign(z) log(1 + |z|): strong signals count, but not in proportion."""
    curved = np.abs(scores)
    np.log1p(curved, out=curved)
    return np.copysign(curved, scores, out=curved)


def weighed(scores: Floats, weights: Floats) -> Floats:
    """(I,) standard scores (S, I), plain and bent, times their weights (2 S,)."""
    count = len(scores)
    likings = weights[:count] @ scores
    likings += weights[count:] @ bent(scores)
    return np.asarray(likings, np.float32)


def choose_candidates(
    signals: Floats,
    truths: NDArray[np.integer],
    barred: NDArray[np.bool_],
    *,
    best: int,
    drawn: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], Floats]:
    """The items that an example compares, rising, and the log of how many items each stands for.

    Args:
        signals: (S, I).
        barred: (I,) items that cannot be an answer.
        best: of each signal, so many of the strongest; at least 1.
        drawn: so many of the rest.
    """
    count = signals.shape[1]
    chosen = np.zeros(count, bool)
    if best < count:
        for signal in signals:
            chosen[_strongest(signal, best)] = True
    else:
        chosen[:] = True
    chosen[truths] = True
    chosen &= ~barred
    rest = np.flatnonzero(~chosen & ~barred)
    offset = np.zeros(count, np.float32)
    if len(rest):
        some = generator.choice(rest, min(drawn, len(rest)), replace=False)
        chosen[some] = True
        offset[some] = np.log(len(rest) / len(some))
    items = np.flatnonzero(chosen)
    return items, offset[items]


def within_reach(signals: Floats, truths: NDArray[np.int32], best: int) -> NDArray[np.int32]:
    """The truths that are among the `best` strongest items of some signal (and not among its equals at the bottom)."""
    count = signals.shape[1]
    reached = np.zeros(len(truths), bool)
    for signal in signals:
        lowest = signal.min()
        reached |= (signal[truths] >= (_level(signal, best) if best < count else lowest)) & (signal[truths] > lowest)
    return truths[reached]


def _strongest(signal: Floats, best: int) -> NDArray[np.int64]:
    """Places of the `best` strongest, in no order. In large catalogues the lower place comes first among equals, and
    equals at the bottom are none of them: of a sparse signal they would be most, taken for nothing."""
    count = len(signal)
    if count < _MANY:
        return np.argpartition(signal, count - best)[count - best :]
    level = _level(signal, best)
    rows = np.flatnonzero(signal >= level) if level > signal.min() else np.flatnonzero(signal > level)
    above = signal[rows] > level
    return np.concatenate([rows[above], rows[~above][: best - int(np.count_nonzero(above))]])


def _level(signal: Floats, best: int) -> np.float32:
    """The strength of the `best`-th strongest. It is no less than the `best`-th highest maximum of a block."""
    blocks = len(signal) // _BLOCK
    if len(signal) >= _MANY and blocks > best:
        highest = signal[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        signal = signal[signal >= np.partition(highest, blocks - best)[blocks - best]]
    return np.float32(np.partition(signal, len(signal) - best)[len(signal) - best])
