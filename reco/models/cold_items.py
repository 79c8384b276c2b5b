"""Vectors for items that hardly anybody has touched, learned from what touched items are like and what became of them.

A ridge regression maps content to item factors: with the rows C of the touched items' features, V their factors and
D = diag(sqrt(count)),

    W = (C' D C + ridge I)^-1 C' D V        v^ = c W        v = (count v_own + DOUBT v^) / (count + DOUBT)

so that an item moves from what its metadata promise to what its users say (Gantner et al. 2010, with weights and a
shrunk transition). A predicted vector is shorter than a popular item's: it is an expectation over items alike.

Beside it a short code of the content, in which the cosine to a user's history is one product: the ridge alone puts the
same few promising items before everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.content import ItemContent
from reco.models.content_products import times, transposed_times

Floats = NDArray[np.float32]

RIDGE = 30.0
DOUBT = 10.0
"""Events that say as much of an item as its metadata."""
CODE_LENGTH = 64
LEARNED_FROM = 200_000
"""Items that the regression (the most touched) and the codes (drawn by chance) look at: more make them no surer."""
_STEPS = 200
_CONVERGED = 1e-4
_BLOCK = 50_000
"""Codes scaled at once."""
_SPARE = 8
"""Directions beyond those wanted that the search for the main ones carries along."""


@dataclass(frozen=True)
class Promised:
    """What content alone says of items, (I, K): computed for the rows that are asked for, since the whole table of a
    large catalogue would be most of a training's memory."""

    content: ItemContent
    solution: Floats
    """(width, K) W."""

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.content), self.solution.shape[1]

    def __getitem__(self, rows: NDArray[np.integer]) -> Floats:
        """(n, K) of some items, rising and each once; 0 for items without content."""
        wanted = np.zeros(len(self.content), bool)
        wanted[rows] = True
        return times(self.content.of_items(wanted), self.solution)


@dataclass(frozen=True)
class ColdItems:
    """What content says of items, in two forms."""

    promised: Promised
    codes: Floats
    """(I, P) rows of length 1, or 0 for items without content; P is at most CODE_LENGTH."""
    own: Floats
    """(I, K) the factors learned from."""
    counts: NDArray[np.float64]

    @property
    def factors(self) -> Floats:
        """(I, K) in the frame of the factors learned from. Items without content have their own; 0 when untouched,
        too."""
        trust = self.counts / (self.counts + DOUBT)
        trust[np.diff(self.promised.content.offsets) == 0] = 1
        known = np.where(self.counts[:, None] > 0, self.own, 0)
        promised = self.promised[np.arange(len(known))]
        return np.asarray(trust[:, None] * known + (1 - trust)[:, None] * promised, np.float32)


def fit_cold_items(
    content: ItemContent, item_factors: Floats, counts: NDArray[Any], *, ridge: float = RIDGE, seed: int = 0
) -> ColdItems:
    """Learns from the touched items and speaks of all.

    Args:
        item_factors: (I, K); what stands in rows of untouched items is not looked at.
        counts: (I,) events, or distinct users, of each item.
    Cost: some dozen products of the content with K columns.
    """
    counts = np.asarray(counts, np.float64)
    promised = Promised(content, _regress(content, item_factors, counts, ridge))
    return ColdItems(promised, content_codes(content, seed=seed), item_factors, counts)


def content_codes(content: ItemContent, *, length: int = CODE_LENGTH, seed: int = 0) -> Floats:
    """(I, P) short rows whose cosines are nearly those of the rows of content less their mean.

    The mean goes because what all items share tells none apart. The main directions are found by a randomised range
    finder with two power steps (Halko, Martinsson, Tropp 2011), and rows are scaled to length 1 within them.
    """
    unit = content.normalised()
    told = np.diff(unit.offsets) > 0
    if not told.any():
        return np.zeros((len(unit), 0), np.float32)
    looked_at = np.flatnonzero(told)
    if len(looked_at) > LEARNED_FROM:
        looked_at = np.random.default_rng(seed).choice(looked_at, LEARNED_FROM, replace=False)
    sample = unit.of_items(np.isin(np.arange(len(unit)), looked_at))
    mean = np.bincount(sample.columns, sample.values, minlength=unit.width) / len(sample)
    directions = _main_directions(sample, mean, length, seed).astype(np.float32)
    codes = times(unit, directions)
    centre = (mean @ directions).astype(np.float32)
    for start in range(0, len(codes), _BLOCK):
        some = codes[start : start + _BLOCK]
        some[told[start : start + _BLOCK]] -= centre
        sizes = np.linalg.norm(some, axis=1, keepdims=True)
        some[...] = np.where(sizes > 1e-6, some / np.maximum(sizes, 1e-6), 0)
    return codes


def _main_directions(sample: ItemContent, mean: NDArray[np.float64], length: int, seed: int) -> NDArray[np.float64]:
    """(width, P) the directions in which rows less their mean differ most, of length 1 each."""

    def centred(right: NDArray[Any]) -> NDArray[np.float64]:
        return times(sample, right.astype(np.float32)) - mean @ right

    def turned(left: NDArray[Any]) -> NDArray[np.float64]:
        return transposed_times(sample, left.astype(np.float32)) - np.outer(mean, left.sum(axis=0))

    wanted = min(length + _SPARE, sample.width, len(sample))
    basis = np.linalg.qr(centred(np.random.default_rng(seed).standard_normal((sample.width, wanted))))[0]
    for _ in range(2):
        basis = np.linalg.qr(centred(np.linalg.qr(turned(basis))[0]))[0]
    projected = turned(basis)
    values, vectors = np.linalg.eigh(projected.T @ projected)
    main = values[::-1][:length] > values[-1] * 1e-9
    directions = projected @ vectors[:, ::-1][:, :length][:, main]
    return np.asarray(directions / np.maximum(np.linalg.norm(directions, axis=0), 1e-12))


def _regress(content: ItemContent, factors: Floats, counts: NDArray[np.float64], ridge: float) -> Floats:
    """(width, K) W, by conjugate gradients with the diagonal as preconditioner, all columns side by side."""
    touched = counts > 0
    if touched.sum() > LEARNED_FROM:
        touched = counts > np.partition(counts, len(counts) - LEARNED_FROM)[len(counts) - LEARNED_FROM]
    rows = content.of_items(touched)
    weights = np.sqrt(counts[touched])[:, None].astype(np.float32)
    diagonal = transposed_times(rows.with_values(rows.values**2), weights) + ridge
    residual = transposed_times(rows, weights * factors[touched])
    solution = np.zeros_like(residual)
    direction = residual / diagonal
    size = np.einsum("wk,wk->k", residual, direction)
    floor = _CONVERGED**2 * size
    for _ in range(_STEPS):
        if not (size > floor).any():
            break
        image = transposed_times(rows, weights * times(rows, direction.astype(np.float32))) + ridge * direction
        rate = size / np.maximum(np.einsum("wk,wk->k", direction, image), 1e-300)
        solution += rate * direction
        residual -= rate * image
        scaled = residual / diagonal
        after = np.einsum("wk,wk->k", residual, scaled)
        direction = scaled + after / np.maximum(size, 1e-300) * direction
        size = after
    return solution.astype(np.float32)
