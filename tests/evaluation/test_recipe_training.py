"""Every recipe's training reports the metrics that the recipe declares, each of which tells what it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reco.evaluation.holdout import hold_out
from reco.evaluation.related_training import creation_times
from reco.evaluation.reward_metrics import truth_gains
from reco.evaluation.training import Trained, train
from reco.models.action_data import TAKEN
from reco.models.content_features import TextColumn, build_content
from reco.models.fit_settings import FitSettings
from reco.models.interactions import Interactions, offsets_of
from reco.models.item_attributes import ItemAttributes
from reco.models.item_objective import ItemObjective
from reco.models.training_data import TrainingData
from reco.recipes import RECIPES
from reco.recipes.metrics import EVENT_WEIGHTS, RANKING, REWARDS
from reco.recipes.recipe import Recipe
from tests.models.action_worlds import actions_of, events_of
from tests.models.builders import interactions_of, names, planted_tastes


def everything(interactions: Interactions) -> TrainingData:
    """Data that every recipe can learn from: items of a taste share their genre and the words of their story."""
    count = interactions.item_count
    tastes = [f"t{item // 20}" for item in range(count)]
    stories = [f"{taste} {taste} told number {item}" for item, taste in enumerate(tastes)]
    content = build_content(
        [TextColumn.of("GENRE", "category", tastes), TextColumn.of("STORY", "text", stories)], count
    )
    attributes = ItemAttributes.of(["GENRE"], [("GENRE", taste, item) for item, taste in enumerate(tastes)])
    last = int(interactions.times.max())
    rows = [(user, last - user % 7, user % 3, TAKEN) for user in range(0, interactions.user_count, 2)]
    return TrainingData(interactions, content, attributes, actions_of(events_of(rows, interactions.user_count), 3))


def run(data: TrainingData, family: str, **values: Any) -> Trained:
    users, items = names(data.interactions.user_count, "u"), names(data.interactions.item_count, "i")
    return train(data, users, items, family=family, values=values, settings=FitSettings())


@pytest.fixture(scope="module")
def planted() -> Interactions:
    return planted_tastes(users=150, length=12)[0]


ONE_OF_EACH = list({(recipe.family, recipe.metrics): recipe for recipe in RECIPES}.values())


@pytest.mark.parametrize("recipe", ONE_OF_EACH, ids=[recipe.name for recipe in ONE_OF_EACH])
def test_training_reports_what_the_recipe_declares(planted: Interactions, recipe: Recipe) -> None:
    values = {**recipe.resolve({}, {})}
    if "hidden_dimension" in values:
        values["hidden_dimension"] = 32
    trained = run(everything(planted), recipe.family, **values)
    assert set(trained.metrics) == set(recipe.metrics)
    assert all(np.isfinite(value) for value in trained.metrics.values())
    assert bool(trained.probes) == recipe.deployable


# Trends


def growing(*, on: bool) -> Interactions:
    """Thirty items of steady traffic for a hundred hours; ten of them grow from hour 94 on, if `on`."""
    generator = np.random.default_rng(0)
    rows = [(hour, int(item)) for hour in range(100) for item in generator.integers(0, 30, 40)]
    if on:
        rows += [(hour, item) for hour in range(94, 100) for item in range(10) for _ in range(8 * (hour - 93))]
    seconds = np.array([3_600 * hour + place % 3_600 for place, (hour, _) in enumerate(rows)])
    order = np.argsort(seconds, kind="stable")
    items = np.array([item for _, item in rows], np.int32)[order]
    users = np.arange(len(rows)) % 50
    by_user = np.argsort(users, kind="stable")
    return Interactions(offsets_of(np.bincount(users)), items[by_user], seconds[order][by_user], 30)


def test_growth_that_goes_on_is_foretold() -> None:
    metrics = run(TrainingData(growing(on=True)), "trending", trend_discovery_frequency="2 hours").metrics
    assert metrics["trend_prediction_accuracy"] > 0.8
    assert 0 < metrics["coverage"] <= 25 / 30


def test_events_of_one_second_have_no_trend() -> None:
    still = growing(on=False)
    metrics = run(TrainingData(replace(still, times=np.zeros_like(still.times))), "trending").metrics
    assert metrics == {"coverage": 0, "trend_prediction_accuracy": 0}


# Items of like text


def test_lists_of_like_text_are_like_and_of_one_taste(planted: Interactions) -> None:
    trained = run(everything(planted), "semantic_similarity")
    assert trained.metrics["item_similarity"] > 0.3
    assert 0 < trained.metrics["item_popularity"] < 1 and 0 <= trained.metrics["item_freshness"] <= 1


def test_an_item_is_as_old_as_its_row_says_or_else_its_first_interaction() -> None:
    interactions = replace(interactions_of([[0, 1], [1, 0]], 4), times=np.array([50, 60, 10, 20]))
    created = np.array([5.0, np.nan, np.nan, 7.0])
    assert creation_times(TrainingData(interactions, created=created)).tolist() == [5, 10, 60, 7]
    assert creation_times(TrainingData(interactions)).tolist() == [20, 10, 60, 60]
    nothing = TrainingData(interactions_of([[]], 2))
    assert np.isnan(creation_times(nothing)).all()


# Events that weigh


def test_weighed_events_add_their_metrics(planted: Interactions) -> None:
    weights = np.where(np.arange(len(planted)) % 3 == 0, 2, 0.5).astype(np.float32)
    trained = run(TrainingData(replace(planted, weights=weights)), "popularity")
    assert set(trained.metrics) == {*RANKING, *EVENT_WEIGHTS}
    assert all(0 <= trained.metrics[name] <= 1 for name in EVENT_WEIGHTS)


def test_a_truth_gains_the_weight_of_its_heaviest_event() -> None:
    histories = [[0] * 18 + [4, 3, 4], [1, 2]]
    weights = np.array([*[1] * 18, 1, 3, 3, 1, 1], np.float32)
    interactions = replace(interactions_of(histories, 5), weights=weights)
    chosen = np.array([True, True])
    assert [user.truth.tolist() for user in hold_out(interactions, chosen)] == [[3, 4], [2]]
    assert [gains.tolist() for gains in truth_gains(interactions, chosen)] == [[1.5, 1.5], [0.5]]


def test_an_objective_is_measured_and_costs_relevance(planted: Interactions) -> None:
    rewards = np.random.default_rng(2).random(planted.item_count)
    plain, off, high = (
        run(replace(TrainingData(planted), objective=objective), "blend", hidden_dimension=32).metrics
        for objective in (None, ItemObjective(rewards, "OFF"), ItemObjective(rewards, "HIGH"))
    )
    (name,) = REWARDS
    assert set(off) == set(high) == {*plain, name}
    assert {**plain, name: off[name]} == off, "measured, and nothing else changed"
    assert 0 < off[name] <= 1 and 0 < high[name] <= 1
    assert high["normalized_discounted_cumulative_gain_at_10"] < plain["normalized_discounted_cumulative_gain_at_10"]
