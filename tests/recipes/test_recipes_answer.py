"""Every recipe, trained on a small shop and served, answers sensibly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reco.models.families.item_affinity import AffinityModel
from reco.models.families.item_attribute_affinity import AttributeAffinityModel
from reco.models.families.next_best_action import ActionModel
from reco.models.fit_settings import FitSettings
from reco.models.fitting import fit_model
from reco.models.interactions import offsets_of
from reco.models.query import Query
from reco.models.served import serve
from reco.recipes import RECIPES, Recipe
from tests.models.builders import names
from tests.recipes.world import COUNT, ITEMS_EACH, TASTES, actions, data_for, fitted, named, shop

NOBODY = np.empty(0, np.int32), np.empty(0, np.int64)


def of_type(*types: str) -> list[Recipe]:
    return [recipe for recipe in RECIPES if recipe.type in types]


def by_name(recipe: Recipe) -> str:
    return recipe.name


def share_of_taste(items: np.ndarray, taste: int) -> float:
    tastes = np.array(shop()[2])
    return float((tastes[items] == taste).mean())


@pytest.mark.parametrize("recipe", of_type("USER_PERSONALIZATION", "PERSONALIZED_RANKING"), ids=by_name)
def test_who_asks_for_a_user_gets_items_once_each_with_shares_where_the_recipe_has_scores(recipe: Recipe) -> None:
    model = serve(fitted(recipe), shop()[1])
    interactions = shop()[0].interactions
    assert model.has_scores == recipe.scores or recipe.domain
    right = []
    for user in range(0, 60, 3):
        items, times = interactions.history(user)
        answer = model.rank(Query(items, times, None, None, 4))
        assert len(set(answer.items.tolist())) == len(answer.items) == 4
        if recipe.scores:
            assert answer.scores is not None and (np.diff(answer.scores) <= 0).all() and 0 < answer.scores.sum() <= 1
        right.append(share_of_taste(answer.items, np.bincount(np.array(shop()[2])[items]).argmax()))
    if recipe.family == "blend":
        assert np.mean(right) > 0.6, "a third would be chance"
    newcomer = model.rank(Query(*NOBODY, None, None, 500))
    assert sorted(newcomer.items.tolist()) == list(range(COUNT))


@pytest.mark.parametrize("recipe", of_type("PERSONALIZED_RANKING"), ids=by_name)
def test_a_ranking_orders_the_list_it_was_given(recipe: Recipe) -> None:
    model = serve(fitted(recipe), shop()[1])
    candidates = np.array([5 + ITEMS_EACH * each for each in range(TASTES)], np.int32)
    right = []
    for user in range(40):
        items, times = shop()[0].interactions.history(user)
        answer = model.rank(Query(items, times, None, candidates, 3))
        assert set(answer.items.tolist()) == set(candidates.tolist())
        assert answer.scores is not None and answer.scores.sum() == pytest.approx(1)
        right.append(share_of_taste(answer.items[:1], int(np.bincount(np.array(shop()[2])[items]).argmax())))
    assert np.mean(right) > 0.55, "a third would be chance"


@pytest.mark.parametrize("recipe", of_type("RELATED_ITEMS"), ids=by_name)
def test_who_asks_for_an_item_gets_others_of_its_kind(recipe: Recipe) -> None:
    model = serve(fitted(recipe), shop()[1])
    right = []
    for item in range(TASTES * ITEMS_EACH):
        answer = model.rank(Query(*NOBODY, item, None, 4))
        assert item not in answer.items and len(set(answer.items.tolist())) == 4
        right.append(share_of_taste(answer.items, shop()[2][item]))
    assert np.mean(right) > 0.6, "a third would be chance"
    unknown = model.rank(Query(*NOBODY, None, None, 4))
    assert len(unknown.items) == 4, "popular items"
    if "ITEMS" in recipe.datasets:
        cold = model.rank(Query(*NOBODY, COUNT - 1, None, 4))
        assert share_of_taste(cold.items, 0) > 0.6, "by metadata alone"


@pytest.mark.parametrize("recipe", of_type("POPULAR_ITEMS"), ids=by_name)
def test_popular_and_trending_items_are_the_same_for_everybody(recipe: Recipe) -> None:
    model = serve(fitted(recipe), shop()[1])
    items, times = shop()[0].interactions.history(3)
    answer = model.rank(Query(*NOBODY, None, None, COUNT))
    assert sorted(answer.items.tolist()) == list(range(COUNT))
    assert model.rank(Query(items, times, None, None, COUNT)).items.tolist() == answer.items.tolist()


def test_use_cases_of_most_events_count_events_and_that_of_most_users_counts_users() -> None:
    """One user touches an item fifty times, thirty others touch another once."""
    recipes = [
        named(f"aws-{name}") for name in ("ecomm-popular-items-by-views", "vod-most-popular", "popularity-count")
    ]
    data = shop()[0]
    user = int(np.argmax(data.interactions.lengths))
    lengths = data.interactions.lengths
    stop = int(data.interactions.offsets[user + 1])
    items = np.insert(data.interactions.items, stop, [40] * 500)
    times = np.insert(data.interactions.times, stop, [data.interactions.times[stop - 1]] * 500)
    lengths[user] += 500
    often = replace(data.interactions, offsets=offsets_of(lengths), items=items, times=times)
    first = []
    for recipe in recipes:
        model = fit_model(replace(data, interactions=often), recipe.family, recipe.resolve({}, {}), FitSettings())
        first.append(int(serve(model, shop()[1]).rank(Query(*NOBODY, None, None, 1)).items[0]))
    assert first[0] == 40 and first[1] == first[2] != 40


def test_an_item_and_an_attribute_have_users_likely_to_want_them() -> None:
    interactions = shop()[0].interactions
    tastes = np.array(shop()[2])
    own = np.array([np.bincount(tastes[interactions.history(user)[0]]).argmax() for user in range(160)])
    by_item = serve(fitted(named("aws-item-affinity")), shop()[1])
    by_attribute = serve(fitted(named("aws-item-attribute-affinity")), shop()[1])
    assert isinstance(by_item, AffinityModel) and isinstance(by_attribute, AttributeAffinityModel)
    users = by_item.rank_users(np.array([ITEMS_EACH + 3], np.int32), 20)
    assert np.mean(own[users.users] == 1) > 0.6
    users = by_attribute.rank_users_by('ITEMS.GENRES = "Horror"', 20)
    assert np.mean(own[users.users] == 2) > 0.6


def test_the_next_best_action_comes_with_the_odds_that_it_is_taken() -> None:
    recipe = named("aws-next-best-action")
    data = actions()
    model = serve(fitted(recipe), names(data.interactions.item_count, "i"))
    assert isinstance(model, ActionModel) and data_for(recipe) is data
    answer = model.rank_actions(*data.interactions.history(1), None, 5)
    assert ((answer.scores > 0) & (answer.scores < 1)).all() and (np.diff(answer.scores) <= 0).all()
