"""Four ways to split: what is learned from never holds what is asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.errors import UserFault
from reco.evaluation.holdout import choose_test_users
from reco.evaluation.protocols import (
    PROTOCOLS,
    Split,
    moment,
    split_last_basket,
    split_leave_one_out,
    split_temporal,
)
from reco.models.interactions import Interactions, offsets_of
from tests.models.builders import interactions_of, names


@st.composite
def worlds(draw: Any) -> Interactions:
    """Up to 30 users of up to 25 events, times rising within a user, few items and so many repeats."""
    seed = draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, draw(st.integers(2, 25)) + 1, draw(st.integers(1, 30)))
    times = np.concatenate([np.sort(generator.integers(0, 40, length)) for length in lengths])
    items = generator.integers(0, 9, lengths.sum())
    return Interactions(offsets_of(lengths), items.astype(np.int32), times.astype(np.int64), 9)


def events(interactions: Interactions) -> Counter[tuple[int, int]]:
    return Counter(zip(interactions.items.tolist(), interactions.times.tolist(), strict=True))


@settings(max_examples=60)
@given(world=worlds(), name=st.sampled_from(sorted(PROTOCOLS)), seed=st.integers(0, 3))
def test_histories_end_where_truths_begin_and_training_lacks_the_truths(
    world: Interactions, name: str, seed: int
) -> None:
    users = names(world.user_count, "u")
    try:
        split = PROTOCOLS[name](world, users, seed)
    except UserFault:
        assert name == "temporal"
        return
    assert int(split.kept.sum()) == len(split.training)
    assert split.training.items.tolist() == world.items[split.kept].tolist()
    for user, question in zip(split.users.tolist(), split.tested, strict=True):
        items, _ = world.history(user)
        known = len(question.history_items)
        assert question.history_items.tolist() == items[:known].tolist()
        assert question.truth.tolist() == sorted(set(items[known:].tolist())) != []
        assert not split.kept[world.offsets[user] + known : world.offsets[user + 1]].any()
        assert known >= 1 or name == "temporal"


@settings(max_examples=20)
@given(world=worlds(), name=st.sampled_from(["personalize", "last-item"]))
def test_held_out_users_leave_nothing_to_learn_from(world: Interactions, name: str) -> None:
    split = PROTOCOLS[name](world, names(world.user_count, "u"), 0)
    for user in split.users.tolist():
        assert not split.kept[world.offsets[user] : world.offsets[user + 1]].any()
    assert events(split.training) + sum(
        (Counter(zip(*(each.tolist() for each in world.history(user)), strict=True)) for user in split.users.tolist()),
        Counter(),
    ) == events(world)


def test_leave_one_out_asks_everybody_for_the_last_event() -> None:
    world = interactions_of([[1, 2, 3], [4], [5, 5]], 9)
    split = split_leave_one_out(world, names(3, "u"))
    assert [question.truth.tolist() for question in split.tested] == [[3], [5]]
    assert [question.history_items.tolist() for question in split.tested] == [[1, 2], [5]]
    assert split.training.items.tolist() == [1, 2, 4, 5]
    assert split.training.lengths.tolist() == [2, 1, 1]


def test_temporal_learns_from_before_the_moment_only_and_asks_for_what_came_last() -> None:
    times = np.arange(20, dtype=np.int64)
    world = Interactions(np.array([0, 10, 20]), np.arange(20, dtype=np.int32), times, 20)
    split = split_temporal(world, names(2, "u"))
    assert moment(world) == 16
    assert split.training.times.max() < 16
    [question] = split.tested
    assert split.users.tolist() == [1]
    # The request carries what happened after the moment, too, up to the truth.
    assert question.history_items.tolist() == list(range(10, 19))
    assert question.truth.tolist() == [19]


def test_a_truth_before_the_moment_is_not_asked_for() -> None:
    """Of a newest tenth that begins before the moment only the part after it counts."""
    lengths = [40, 10]
    times = np.concatenate([np.arange(39), [100], np.arange(90, 100)]).astype(np.int64)
    world = Interactions(offsets_of(lengths), np.arange(50, dtype=np.int32), times, 50)
    split = split_temporal(world, names(2, "u"))
    first = split.tested[0]
    assert len(first.truth) == 1
    assert len(first.history_items) == 39


def test_data_of_one_moment_cannot_be_cut_in_time() -> None:
    world = Interactions(np.array([0, 2, 4]), np.zeros(4, np.int32), np.full(4, 7), 1)
    with pytest.raises(UserFault, match="same TIMESTAMP"):
        split_temporal(world, names(2, "u"))


def test_ten_folds_ask_every_user_once() -> None:
    users, lengths = names(300, "u"), np.full(300, 4)
    times = sum(choose_test_users(users, lengths, salt=5, fold=fold).astype(int) for fold in range(10))
    assert np.asarray(times).tolist() == [1] * 300


def test_another_seed_holds_out_other_users_and_the_same_seed_the_same() -> None:
    world = interactions_of([[1, 2, 3]] * 200, 4)
    users = names(200, "u")
    one, again, other = (PROTOCOLS["personalize"](world, users, seed) for seed in (1, 1, 2))
    assert one.users.tolist() == again.users.tolist() != other.users.tolist()


def test_a_sample_of_the_questions_leaves_what_is_learned_from() -> None:
    world = interactions_of([[1, 2, 3]] * 50, 4)
    split = split_leave_one_out(world, names(50, "u"))
    fewer = split.sampled(7, seed=3)
    assert isinstance(fewer, Split)
    assert len(fewer.tested) == len(fewer.users) == 7
    assert fewer.training is split.training
    assert split.sampled(50) is split
    assert fewer.users.tolist() == split.sampled(7, seed=3).users.tolist()


def test_weights_of_events_stay_with_their_events() -> None:
    world = interactions_of([[1, 2, 3], [4, 5]], 9)
    weighed = Interactions(world.offsets, world.items, world.times, 9, np.array([1, 2, 3, 4, 5], np.float32))
    training = split_leave_one_out(weighed, names(2, "u")).training
    assert training.weights is not None
    assert training.weights.tolist() == [1, 2, 4]


def test_the_last_basket_is_everything_of_the_latest_moment() -> None:
    times = np.array([1, 2, 2, 5, 5, 5], np.int64)
    world = Interactions(np.array([0, 3, 6]), np.array([7, 8, 7, 1, 2, 3], np.int32), times, 9)
    split = split_last_basket(world)
    [question] = split.tested
    assert split.users.tolist() == [0]
    assert question.history_items.tolist() == [7]
    assert question.truth.tolist() == [7, 8]
    # Who has one basket is learned from.
    assert split.training.items.tolist() == [7, 1, 2, 3]
