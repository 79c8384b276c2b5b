"""Who is tested, and on what."""

from __future__ import annotations

import numpy as np
import pytest

from reco.artefact import Vocabulary
from reco.evaluation.holdout import choose_test_users, hold_out, truth_size, user_hash
from tests.models.builders import interactions_of, names


def test_a_tenth_of_the_users_is_tested_and_always_the_same_ones() -> None:
    users, lengths = names(5000, "user"), np.full(5000, 3)
    chosen = choose_test_users(users, lengths)
    assert chosen.mean() == pytest.approx(0.1, abs=0.015)
    # The choice hangs on the id alone: a user stays tested, or not, whoever else is there.
    fewer = Vocabulary.from_strings(users[row] for row in range(0, 5000, 2))
    assert choose_test_users(fewer, np.full(2500, 9)).tolist() == chosen[::2].tolist()


def test_the_hash_never_changes() -> None:
    assert user_hash("user-1") == 0x9AAC5A8621EAE188


def test_users_with_one_event_are_not_tested() -> None:
    lengths = np.array([1, 0] * 100)
    assert not choose_test_users(names(200, "user"), lengths).any()


def test_somebody_is_tested_when_anybody_can_be() -> None:
    for count in range(1, 12):
        assert choose_test_users(names(count, "user"), np.full(count, 2)).any()


def test_the_newest_tenth_is_the_truth_and_one_event_at_least() -> None:
    assert [truth_size(events) for events in (2, 9, 10, 19, 20, 100)] == [1, 1, 1, 1, 2, 10]
    histories = [list(range(25)), [4, 4], [7]]
    tested = list(hold_out(interactions_of(histories, 25), np.array([True, True, False])))
    assert tested[0].history_items.tolist() == list(range(23))
    assert tested[0].history_times.tolist() == list(range(23))
    assert tested[0].truth.tolist() == [23, 24]
    assert tested[1].history_items.tolist() == [4]
    assert tested[1].truth.tolist() == [4]


def test_a_truth_names_each_item_once() -> None:
    history = [0] * 18 + [5, 5]
    assert next(hold_out(interactions_of([history], 6), np.array([True]))).truth.tolist() == [5]
