"""Segments: the users likeliest to touch an item, or an item with an attribute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.errors import InvalidInput, UserFault
from reco.models import segments
from reco.models.als import Pairs
from reco.models.content import ItemContent
from reco.models.families import item_affinity_fitting, item_attribute_affinity_fitting
from reco.models.families.item_affinity import AffinityModel
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, offsets_of
from reco.models.item_attributes import ItemAttributes
from reco.models.item_rows import ItemRows
from reco.models.segment_fitting import keep_newest
from reco.models.segments import FEATURES, ItemTable, UserTable, features, rank_users
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData
from tests.models.builders import interactions_of, names, planted_tastes, random_pairs

VALUES = {"hidden_dimension": 32}


def tables(seed: int, users: int = 23, items: int = 9, factors: int = 4) -> tuple[UserTable, ItemTable]:
    generator = np.random.default_rng(seed)
    pairs = random_pairs(seed, users=users, items=items)
    table = UserTable(
        pairs,
        generator.normal(size=(users, factors)).astype(np.float32),
        generator.normal(size=users).astype(np.float32),
        generator.random(users).astype(np.float32) + np.float32(0.1),
    )
    like = generator.random((items, items)) * (generator.random((items, items)) < 0.5)
    np.fill_diagonal(like, 0)
    rows = ItemRows.of_blocks([like], items)
    nothing = ItemRows(np.zeros(items + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    touched = np.bincount(pairs.columns, minlength=items).astype(np.int32)
    return table, ItemTable(generator.normal(size=(items, factors)).astype(np.float32), rows, nothing, touched)


def slow_features(table: UserTable, items: ItemTable, asked: list[int], user: int) -> list[float]:
    """One user's sides, as their definitions read."""
    weights = [items.users[item] + 1.0 for item in asked]
    weights = [weight / sum(weights) for weight in weights]
    product = sum(
        weight * float(table.factors[user] @ items.factors[item]) for weight, item in zip(weights, asked, strict=True)
    )
    span = slice(table.pairs.offsets[user], table.pairs.offsets[user + 1])
    history = list(zip(table.pairs.columns[span].tolist(), table.pairs.weights[span].tolist(), strict=True))
    like = items.likeness.dense()
    near = sum(
        recency * weight * float(like[item, past])
        for past, recency in history
        for weight, item in zip(weights, asked, strict=True)
    )
    own = [recency for past, recency in history if past in asked]
    share = sum(own) / (sum(recency for _, recency in history) + 1)
    return [
        np.log1p(len(history)),
        product,
        float(np.clip((product - table.means[user]) / table.deviations[user], -3, 12)),
        np.log(near + 0.01),
        float(bool(own)),
        np.log1p(len(own)),
        np.log(share + 0.01),
    ]


@given(st.integers(0, 50), st.sets(st.integers(0, 8), min_size=1, max_size=4))
def test_the_sides_of_a_history_are_what_their_definitions_say(seed: int, asked: set[int]) -> None:
    table, items = tables(seed)
    found = features(table, items.wanted(np.array(sorted(asked))), slice(3, 15))
    slow = [slow_features(table, items, sorted(asked), user) for user in range(3, 15)]
    np.testing.assert_allclose(found, slow, rtol=1e-4, atol=1e-4)


@given(st.integers(0, 50), st.integers(1, 40), st.integers(1, 60))
def test_blocks_of_users_give_what_a_full_sort_gives(seed: int, block: int, count: int) -> None:
    table, items = tables(seed)
    wanted = items.wanted(np.array([2, 5]))
    weights = np.random.default_rng(seed).normal(size=len(FEATURES))
    scores = features(table, wanted, slice(0, table.count)) @ weights
    order = np.argsort(-scores, kind="stable")[:count]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "BLOCK_PAIRS", block)
        segment = rank_users(table, wanted, weights, count)
    assert segment.users.tolist() == order.tolist()
    shares = np.exp(scores - scores.max())
    np.testing.assert_allclose(segment.scores, (shares / shares.sum())[order], rtol=1e-5)


def test_a_part_of_the_users_is_seen_as_in_the_whole() -> None:
    table, items = tables(1)
    wanted, rows = items.wanted(np.array([0])), np.array([7, 3, 3, 20])
    whole = features(table, wanted, slice(0, table.count))
    part = features(table.of_users(rows), wanted, slice(0, 4))
    np.testing.assert_allclose(part, whole[rows], rtol=1e-6)


def test_an_item_that_nobody_touched_is_asked_for_by_its_stand_ins() -> None:
    _, items = tables(2)
    stand_ins = ItemRows(np.array([0] * 9 + [2]), np.array([1, 4], np.int32), np.array([0.25, 0.75], np.float32))
    items = replace(items, stand_ins=stand_ins, users=np.append(items.users[:8], 0).astype(np.int32))
    items.factors[8] = 0
    wanted = items.wanted(np.array([8]))
    np.testing.assert_allclose(wanted.vector, 0.25 * items.factors[1] + 0.75 * items.factors[4], rtol=1e-5)
    assert wanted.mask.tolist() == [False] * 8 + [True]
    assert wanted.likeness[1] > 0 and wanted.likeness[4] > 0


def fitted(interactions: Interactions, **more: Any) -> tuple[FittedModel, AffinityModel]:
    model = item_affinity_fitting.fit(TrainingData(interactions, **more), VALUES, FitSettings())
    return model, AffinityModel(model, names(interactions.item_count, "i"))


@pytest.fixture(scope="module")
def planted() -> tuple[Interactions, Any]:
    return planted_tastes(users=400, length=12)


def test_users_of_the_items_taste_come_first(planted: tuple[Interactions, Any]) -> None:
    interactions, tastes = planted
    _, model = fitted(interactions)
    shares = [np.mean(tastes[model.rank_users(np.array([item]), 40).users] == item // 20) for item in range(0, 100, 5)]
    assert np.mean(shares) > 0.6


def test_who_never_comes_back_to_an_item_is_not_named_for_it_again(planted: tuple[Interactions, Any]) -> None:
    interactions, _ = planted
    model, served = fitted(interactions)
    assert model.attributes["segment_weights"]["touched"] < -1
    had = set(interactions.user_rows()[interactions.items == 40].tolist())
    assert len(had) > 100
    assert not had & set(served.rank_users(np.array([40]), 50).users.tolist())


def test_who_comes_back_again_and_again_is_named_first() -> None:
    generator = np.random.default_rng(0)
    histories = []
    for user in range(200):
        own = generator.choice(40, 3, replace=False)
        histories.append([user % 40, *generator.choice(own, 15).tolist()])
    _, served = fitted(interactions_of(histories, 40))
    often = {user for user in range(200) if histories[user].count(7) >= 4}
    assert len(often) >= 5
    assert len(often & set(served.rank_users(np.array([7]), len(often) + 5).users.tolist())) >= 0.6 * len(often)


def test_a_new_item_is_placed_by_its_content(planted: tuple[Interactions, Any]) -> None:
    interactions, tastes = planted
    wider = replace(interactions, item_count=102)
    columns = np.append(np.arange(100) // 20, [3, 1]).astype(np.int32)
    content = ItemContent(np.arange(103), columns, np.ones(102, np.float32), 5)
    _, model = fitted(wider, content=content)
    for item, taste in ((100, 3), (101, 1)):
        assert np.mean(tastes[model.rank_users(np.array([item]), 30).users] == taste) > 0.6


def test_a_fit_takes_over_weights_that_were_decided_and_is_the_same_at_any_threads(
    planted: tuple[Interactions, Any],
) -> None:
    data = TrainingData(planted[0])
    one = item_affinity_fitting.fit(data, VALUES, FitSettings(threads=1))
    two = item_affinity_fitting.fit(data, VALUES, FitSettings(threads=2))
    assert one.attributes == two.attributes
    for name, array in one.arrays.items():
        assert array.tobytes() == two.arrays[name].tobytes()
    decided = {"segment_weights": {"activity": 2.5}}
    third = item_affinity_fitting.fit(data, VALUES, FitSettings(decided=decided))
    assert third.attributes["segment_weights"] == {"activity": 2.5}


@given(st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=8), st.floats(0.01, 0.9))
def test_the_newest_share_of_each_user_is_kept_from_the_rest(histories: list[list[int]], share: float) -> None:
    rest, users, items = keep_newest(interactions_of(histories, 7), share)
    for user, history in enumerate(histories):
        kept = items[users == user].tolist()
        assert [*rest.history(user)[0].tolist(), *kept] == history
        assert len(kept) == (max(1, int(len(history) * share)) if len(history) >= 2 else 0)


# By attribute


def genres(count: int = 100) -> ItemAttributes:
    found = [("GENRE", f"g{item // 20}", item) for item in range(count)]
    return ItemAttributes.of(["GENRE", "YEAR"], [*found, *(("YEAR", "7.0", item) for item in range(0, count, 2))])


def test_users_of_a_taste_are_found_by_its_attribute(planted: tuple[Interactions, Any]) -> None:
    interactions, tastes = planted
    fitted = item_attribute_affinity_fitting.fit(TrainingData(interactions, attributes=genres()), VALUES, FitSettings())
    model = AttributeAffinityModel(fitted, names(100, "i"))
    for taste in range(5):
        named = model.rank_users_by(f'ITEMS.GENRE = "g{taste}"', 40)
        assert np.mean(tastes[named.users] == taste) > 0.9
        assert np.all(np.diff(named.scores) <= 0) and 0 < named.scores.sum() < 1
    assert len(model.rank_users_by('ITEMS.GENRE = "g0" AND ITEMS.GENRE = "g1"', 40).users) == 0


def test_items_without_attributes_are_refused_in_words(planted: tuple[Interactions, Any]) -> None:
    for attributes in (None, ItemAttributes.of(["GENRE"], [])):
        with pytest.raises(UserFault, match="needs an Items dataset in which items have values"):
            item_attribute_affinity_fitting.fit(TrainingData(planted[0], attributes=attributes), VALUES, FitSettings())


def test_a_segment_of_no_item_is_empty_and_an_item_is_never_recommended(planted: tuple[Interactions, Any]) -> None:
    from reco.models.query import Query

    _, model = fitted(planted[0])
    assert len(model.rank_users(np.empty(0, np.int32), 5).users) == 0
    with pytest.raises(InvalidInput, match="ranks users"):
        model.rank(Query(np.empty(0, np.int32), np.empty(0, np.int64), None, None, 5))


@settings(max_examples=15)
@given(st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=6).filter(any))
def test_any_small_world_gives_a_finite_segment_of_everybody(histories: list[list[int]]) -> None:
    interactions = interactions_of(histories, 5)
    fitted = item_affinity_fitting.fit(TrainingData(interactions), {"hidden_dimension": 4}, FitSettings())
    model = AffinityModel(fitted, names(5, "i"))
    for item in range(5):
        segment = model.rank_users(np.array([item], np.int32), 100)
        assert sorted(segment.users.tolist()) == list(range(len(histories)))
        assert np.isfinite(segment.scores).all() and abs(segment.scores.sum() - 1) < 1e-9


def test_a_user_table_is_cut_into_blocks_that_cover_everybody_once() -> None:
    pairs = Pairs(offsets_of([5_000_000, 0, 3]), np.zeros(5_000_003, np.int32), np.ones(5_000_003, np.float32), 1)
    table = UserTable(pairs, np.zeros((3, 2), np.float32), np.zeros(3, np.float32), np.ones(3, np.float32))
    assert [(block.start, block.stop) for block in table.blocks()] == [(0, 1), (1, 3)]
