"""The container's train on data that nobody would wish for: a sound model, or a failure that says what is missing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from reco.artefact import Artefact, Vocabulary
from reco.errors import AlgorithmFault, UserFault
from reco.jobs.specification import TrainResult
from reco.jobs.trial import try_model
from reco.models.query import Query
from reco.models.served import load_model
from tests.models.container import Container, Row, container, planted_rows
from training_container.training import require_finite

__all__ = ["container"]

RECIPES = ("aws-user-personalization", "aws-similar-items", "aws-trending-now")
NOW = 1_700_000_000
NOBODY = np.empty(0, np.int32), np.empty(0, np.int64)

one_item: list[Row] = [(f"u{user}", "only", NOW + 60 * step, "click", 1.0) for user in range(40) for step in range(30)]
everything: list[Row] = [
    (f"u{user}", f"i{item}", NOW + 60 * ((item * 7 + user) % 30), "click", 1.0)
    for user in range(40)
    for item in range(30)
]
no_overlap: list[Row] = [
    (f"u{user}", f"i{user}-{item}", NOW + item, "click", 1.0) for user in range(40) for item in range(30)
]
all_equal: list[Row] = [(*row[:2], NOW, *row[3:]) for row in planted_rows()]
milliseconds: list[Row] = [(row[0], row[1], (NOW + row[2]) * 1000, *row[3:]) for row in planted_rows()]
before_1970: list[Row] = [(row[0], row[1], row[2] - 10**9, *row[3:]) for row in planted_rows()]
no_values: list[Row] = [
    (*row[:4], value)
    for row, value in zip(planted_rows(), [math.nan, math.inf, -math.inf, 0.0, -1.0, None] * 300, strict=True)
]
once_each: list[Row] = [
    *((f"u{user}", f"i{user % 7}", NOW, "click", 1.0) for user in range(1_000)),
    *planted_rows()[: 30 * 15],
]
WORLDS = {
    "one item": one_item,
    "everybody has everything": everything,
    "nobody shares anything": no_overlap,
    "all at one moment": all_equal,
    "timestamps in milliseconds": milliseconds,
    "timestamps before 1970": before_1970,
    "values that are no numbers, or below zero": no_values,
    "mostly users of one event": once_each,
}


def check_sound(container: Container, result: TrainResult) -> Artefact:
    """The artefact holds finite numbers only, and the model answers as it did, with items of the catalogue."""
    artefact = container.open(result)
    for name in artefact.names:
        array = artefact.array(name)
        assert array.dtype.kind != "f" or np.isfinite(array).all(), name
    json.dumps(artefact.attributes, allow_nan=False)
    assert all(0 <= value <= 1 for value in result.metrics.values())
    assert try_model(container.home, result.artefact_uri, result.artefact_digest)
    model = load_model(artefact)
    for history in (NOBODY, (np.zeros(1, np.int32), np.array([NOW]))):
        answer = model.rank(Query(*history, 0, None, 5))
        assert len(set(answer.items.tolist())) == len(answer.items)
        assert answer.scores is None or (np.isfinite(answer.scores).all() and (answer.scores >= 0).all())
    return artefact


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("world", WORLDS)
def test_whatever_reaches_the_minimum_ends_in_a_sound_model(container: Container, world: str, recipe: str) -> None:
    specification = container.specify(
        container.put_interactions(WORLDS[world]),
        recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
        hyperparameters={"hidden_dimension": "32"} if "personal" in recipe else {},
    )
    check_sound(container, container.run(specification))


def test_one_user_is_too_few(container: Container) -> None:
    alone: list[Row] = [("me", f"i{number}", NOW + number, "click", 1.0) for number in range(2_000)]
    with pytest.raises(UserFault, match=r"fewer than 25 users with at least 2 interactions each\. There are 1\.$"):
        container.run(container.specify(container.put_interactions(alone)))


def test_ids_that_differ_in_case_or_by_a_space_are_different(container: Container) -> None:
    rows = planted_rows()
    twins: list[Row] = [(f"{row[0].upper()} ", f"{row[1]} ", *row[2:]) for row in rows]
    result = container.run(container.specify(container.put_interactions([*rows, *twins])))
    assert (result.users, result.items, result.interactions) == (240, 90, 2 * len(rows))
    artefact = check_sound(container, result)
    users, items = Vocabulary.of(artefact, "users"), Vocabulary.of(artefact, "items")
    assert users.row("u007") is not None and users.row("U007 ") is not None and users.row("U007") is None
    assert items.row("i003") != items.row("i003 ")


def test_milliseconds_are_told_and_kept_as_seconds(container: Container) -> None:
    result = container.run(container.specify(container.put_interactions(milliseconds)))
    assert any("parts of a second" in line for line in container.said)
    times = container.open(result).array("history_times")
    assert (int(times.min()), int(times.max())) == (NOW + 1_000, NOW + 1_014)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_user_with_a_hundred_thousand_events_is_one_user(container: Container, recipe: str) -> None:
    generator = np.random.default_rng(0)
    robot: list[Row] = [
        ("robot", f"i{item:03d}", NOW + second, "click", 1.0)
        for second, item in enumerate(generator.integers(0, 400, 100_000).tolist())
    ]
    specification = container.specify(
        container.put_interactions([*planted_rows(), *robot]),
        recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
        hyperparameters={"hidden_dimension": "32"} if "personal" in recipe else {},
        feature_parameters={"max_user_history_length_percentile": "1.0"} if recipe != "aws-trending-now" else {},
    )
    if recipe == "aws-similar-items":
        specification.feature_parameters.clear()
    result = container.run(specification)
    assert result.interactions == 100_000 + len(planted_rows())
    check_sound(container, result)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_reaches_an_artefact(wrong: float) -> None:
    arrays = {"good": np.ones(3), "item_factors": np.array([1.0, wrong], np.float32), "rows": np.arange(3)}
    with pytest.raises(AlgorithmFault, match="item_factors"):
        require_finite(arrays)
