"""Signals of large catalogues against the dense models of small ones, and by laws of their own."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from reco.models import sparse_counts, sparse_signals
from reco.models.autoregression import fit_one_block
from reco.models.blend import within_reach
from reco.models.lag_counts import Sequences, decayed_counts, sequences_of
from reco.models.sparse_counts import latest_bearable, sparse_gram
from reco.models.sparse_signals import (
    count_following,
    count_given,
    count_together,
    fit_next,
    fit_sparse_ease,
    sparse_transitions,
)
from reco.models.transitions import log_transitions
from tests.models.builders import interactions_of


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    generator = np.random.default_rng(5)
    histories = [generator.permutation(20)[: generator.integers(1, 12)].tolist() for _ in range(120)]
    return sequences_of(interactions_of(histories, 22), seed=0)


def users_by_items(sequences: Sequences) -> NDArray[np.float64]:
    table = np.zeros((len(sequences.offsets) - 1, sequences.item_count))
    owners = np.repeat(np.arange(len(table)), np.diff(sequences.offsets))
    table[owners, sequences.items] = 1
    return table


def test_the_next_item_is_a_regression_on_the_decayed_past(sequences: Sequences) -> None:
    gram, right = np.zeros((22, 22)), np.zeros((22, 22))
    for start, stop in pairwise(sequences.offsets.tolist()):
        context = np.zeros(22)
        for item, following in pairwise(sequences.items[start:stop].tolist()):
            context = 0.8 * context
            context[item] += 1
            gram += np.outer(context, context)
            right[:, following] += context
    wanted = np.zeros((22, 22))
    for target in range(22):
        support = np.flatnonzero(right[:, target])
        system = gram[np.ix_(support, support)] + 10 * np.eye(len(support))
        wanted[support, target] = np.linalg.solve(system, right[support, target])
    found = fit_next(sequences, decay=0.8, ridge=10.0, most_lags=12).dense()
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)
    # The dense form differs by what an item says of itself, which no sequence of different items can tell.
    dense = fit_one_block(sequences, np.ones(len(sequences.items)), decay=0.8, ridge=10.0, most_lags=12).last
    assert np.corrcoef(found[wanted != 0], dense[wanted != 0])[0, 1] > 0.95


def test_ease_is_the_dense_one_of_users_rows_that_are_scaled_down(sequences: Sequences) -> None:
    table = users_by_items(sequences)
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1) ** 0.25
    gram = table.T @ table
    ridge = 2.0 * np.diag(gram)[np.diag(gram) > 0].mean()
    inverse = np.linalg.inv(gram + ridge * np.eye(22))
    wanted = np.eye(22) - inverse / np.diag(inverse)
    found = fit_sparse_ease(sequences, ridge=2.0).dense()
    met = gram > 0
    np.testing.assert_allclose(found[met], wanted[met], atol=0.02 * np.abs(wanted[met & ~np.eye(22, dtype=bool)]).max())
    assert not np.diag(found).any()


def test_together_is_a_cosine_of_users_scaled_to_length_1(sequences: Sequences) -> None:
    table = users_by_items(sequences)
    table /= np.sqrt(np.maximum(table.sum(axis=1, keepdims=True), 1))
    gram = table.T @ table
    few = 0.1 * np.diag(gram).mean()
    wanted = gram / np.sqrt(np.outer(np.diag(gram) + few, np.diag(gram) + few))
    np.fill_diagonal(wanted, 0)
    np.testing.assert_allclose(count_together(sequences).dense(), wanted, rtol=1e-4, atol=1e-6)


def test_following_and_transitions_are_the_dense_counts_scaled(sequences: Sequences) -> None:
    (counts,) = decayed_counts(sequences, 0.7, 5, [np.ones(len(sequences.items))])
    users = users_by_items(sequences).sum(axis=0)
    found = count_following(sequences, decay=0.7, most_lags=5).dense()
    np.testing.assert_allclose(found, counts / np.sqrt(users + 5)[:, None], rtol=1e-4)
    shares = (users / users.sum()).astype(np.float32)
    found = sparse_transitions(sequences, decay=0.7, most_lags=5, prior=20.0).dense()
    np.testing.assert_allclose(found, log_transitions(counts, shares, prior=20.0), rtol=1e-4, atol=1e-5)


def test_a_gram_matrix_keeps_the_largest_entries_of_a_row(sequences: Sequences) -> None:
    table = users_by_items(sequences)
    values = np.ones(len(sequences.items))
    np.testing.assert_allclose(sparse_gram(sequences, values).toarray(), table.T @ table)
    few = sparse_gram(sequences, values, most=3)
    assert np.diff(few.indptr).max() == 3
    np.testing.assert_array_equal(few.diagonal(), table.sum(axis=0))


def test_of_very_long_histories_the_latest_items_count(sequences: Sequences, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(latest_bearable(sequences).items) == len(sequences.items)
    monkeypatch.setattr(sparse_counts, "MOST_PRODUCTS", 1000)
    short = latest_bearable(sequences)
    assert np.diff(short.offsets).max() < np.diff(sequences.offsets).max()
    longest = int(np.argmax(np.diff(sequences.offsets)))
    kept = short.items[short.offsets[longest] : short.offsets[longest + 1]]
    whole = sequences.items[sequences.offsets[longest] : sequences.offsets[longest + 1]]
    np.testing.assert_array_equal(kept, whole[-len(kept) :])


def test_very_large_catalogues_have_smaller_supports() -> None:
    assert sparse_signals._support(50_000) == sparse_signals.SUPPORT
    assert sparse_signals._support(1_000_000) == 40
    assert sparse_signals._support(10**9) == 16


def test_truths_within_reach_are_among_the_best_of_some_signal() -> None:
    signals = np.array([[0, 0, 5, 4, 3, 0], [1, 9, 0, 0, 0, 0]], np.float32)
    truths = np.array([0, 1, 3, 4, 5], np.int32)
    assert within_reach(signals, truths, 2).tolist() == [0, 1, 3]
    assert within_reach(signals, truths, 1).tolist() == [1]
    # Who is among the best only because everything else is 0, too, is not found by anything.
    assert within_reach(signals, truths, 6).tolist() == [0, 1, 3, 4]


def test_what_is_given_an_item_is_the_share_of_its_users_each_weighing_less_the_more_they_touched(
    sequences: Sequences,
) -> None:
    table = users_by_items(sequences)
    weights = 1 / np.maximum(table.sum(axis=1), 1) ** 0.5
    both = (table * weights[:, None]).T @ table
    np.fill_diagonal(both, 0)
    np.testing.assert_allclose(count_given(sequences).dense(), both / (table.sum(axis=0)[:, None] + 20), rtol=1e-4)
