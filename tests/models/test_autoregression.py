"""The closed form from lag counts is the ridge regression on rows that are built one by one."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models.autoregression import fit_one_block, fit_two_blocks
from reco.models.interactions import offsets_of
from reco.models.lag_counts import Sequences

ITEMS = 12


def random_sequences(seed: int, *, weighted: bool) -> tuple[Sequences, np.ndarray]:
    generator = np.random.default_rng(seed)
    histories = [generator.permutation(ITEMS)[: generator.integers(0, 9)] for _ in range(40)]
    items = np.concatenate(histories).astype(np.int32)
    offsets = offsets_of([len(history) for history in histories])
    weights = (generator.random(len(items)) + 0.5 if weighted else np.ones(len(items))).astype(np.float32)
    targets = generator.random(len(items)) + 0.2 if weighted else np.ones(len(items))
    return Sequences(offsets, items, np.arange(len(items)), weights, ITEMS), targets


def slow_regression(
    sequences: Sequences, targets: np.ndarray, decay: float, ridge: float, *, blocks: int
) -> np.ndarray:
    contexts, nexts, weights = [], [], []
    for start, stop in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True):
        for place in range(start + 1, stop):
            context = np.zeros((2, ITEMS))
            for earlier in range(start, place):
                lag = place - earlier
                block = 0 if blocks == 2 and lag == 1 else 1
                context[block, sequences.items[earlier]] += decay ** (lag - 1) * sequences.weights[earlier]
            contexts.append(context[2 - blocks :].ravel())
            nexts.append(np.eye(ITEMS)[sequences.items[place]])
            weights.append(targets[place])
    rows, wanted, scale = np.array(contexts), np.array(nexts), np.array(weights)[:, None]
    gram = rows.T @ (scale * rows) + ridge * np.eye(rows.shape[1])
    return np.linalg.solve(gram, rows.T @ (scale * wanted))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_one_block_is_the_regression_on_the_decayed_past(seed: int, weighted: bool) -> None:
    sequences, targets = random_sequences(seed, weighted=weighted)
    expected = slow_regression(sequences, targets, 0.8, 3.0, blocks=1)
    fitted = fit_one_block(sequences, targets, decay=0.8, ridge=3.0, most_lags=20)
    np.testing.assert_allclose(fitted.last, expected, atol=1e-5)
    np.testing.assert_array_equal(fitted.last, fitted.earlier)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_two_blocks_are_the_regression_with_the_latest_item_apart(seed: int, weighted: bool) -> None:
    sequences, targets = random_sequences(seed, weighted=weighted)
    expected = slow_regression(sequences, targets, 0.88, 2.0, blocks=2)
    fitted = fit_two_blocks(sequences, targets, decay=0.88, ridge=2.0, most_lags=20)
    np.testing.assert_allclose(fitted.last, expected[:ITEMS], atol=1e-5)
    np.testing.assert_allclose(fitted.earlier, expected[ITEMS:], atol=1e-5)


def test_users_of_one_item_teach_nothing() -> None:
    alone = Sequences(offsets_of([1, 1, 0]), np.array([0, 1], np.int32), np.zeros(2), np.ones(2, np.float32), 3)
    for fitted in (
        fit_one_block(alone, np.ones(2), decay=0.8, ridge=1.0, most_lags=5),
        fit_two_blocks(alone, np.ones(2), decay=0.8, ridge=1.0, most_lags=5),
    ):
        assert not fitted.last.any()
        assert not fitted.earlier.any()
