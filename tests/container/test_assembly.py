"""From snapshots and settings to what a model is fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.artefact import Artefact
from reco.errors import UserFault
from reco.models.content import ItemContent
from reco.recipes import recipe_by_arn
from reco.recipes.event_parameters import EventParameters
from reco.recipes.recipe import Recipe
from tests.container.snapshots import snapshot
from training_container.assembly import Assembled, Selection, assemble

OPTIONAL_TEXT, OPTIONAL_NUMBER = ["null", "string"], ["null", "float"]
INTERACTIONS = {
    "USER_ID": "string",
    "ITEM_ID": "string",
    "TIMESTAMP": "long",
    "EVENT_TYPE": OPTIONAL_TEXT,
    "EVENT_VALUE": OPTIONAL_NUMBER,
}
ITEMS = {
    "ITEM_ID": "string",
    "GENRES": OPTIONAL_TEXT,
    "PRICE": OPTIONAL_NUMBER,
    "PLOT": OPTIONAL_TEXT,
    "NOTE": OPTIONAL_TEXT,
    "ADULT": ["null", "boolean"],
    "CREATION_TIMESTAMP": "long",
}


def recipe(name: str = "aws-user-personalization") -> Recipe:
    return recipe_by_arn(f"arn:aws:personalize:::recipe/{name}")


def interactions(folder: Path, *more: Sequence[Any], users: int = 25) -> Artefact:
    """Each user touches two items a second apart, without type or value."""
    rows = [(f"u{user}", f"i{(user + step) % 5}", 100 + step, None, None) for user in range(users) for step in (0, 1)]
    return snapshot(folder / "interactions", "INTERACTIONS", INTERACTIONS, [*rows, *more])


def items(folder: Path) -> Artefact:
    rows = [
        ("i0", "Drama|Comedy", 1.5, "a dog and a cat", "x", True, 7),
        ("i1", "Comedy", None, "a cat", "x", False, 7),
        ("cold", "Drama", 3.0, "a dog", "x", True, 7),
        ("mute", None, None, None, None, None, 7),
    ]
    return snapshot(folder / "items", "ITEMS", ITEMS, rows, GENRES="categorical", PLOT="textual")


FEW = Selection(least_interactions=1)


def choose(*events: EventParameters) -> Selection:
    return Selection(events=events, least_interactions=1)


def shown(found: Assembled, user: str) -> list[tuple[str, int, float]]:
    """Items, times and weights of a user's history."""
    row = found.users.row(user)
    assert row is not None
    data = found.data.interactions
    span = slice(data.offsets[row], data.offsets[row + 1])
    weights = np.ones(len(data)) if data.weights is None else data.weights
    ids = found.items.strings(data.items[span].tolist())
    return list(zip(ids, data.times[span].tolist(), weights[span].tolist(), strict=True))


def test_kinds_of_events_are_kept_and_weighed_by_the_ratio_of_their_weights(tmp_path: Path) -> None:
    table = interactions(
        tmp_path,
        *((f"u{user}", f"i{user % 5}", 200, "Buy", 5.0) for user in range(25)),
        *((f"u{user}", f"i{(user + 2) % 5}", 210, "view", None) for user in range(25)),
        *((f"u{user}", f"i{(user + 3) % 5}", 220, "view", 0.1) for user in range(25)),
    )
    kinds = EventParameters("buy", 1.0, 0.6), EventParameters("VIEW", None, 0.2)
    found = assemble(recipe(), {"INTERACTIONS": table}, selection=choose(*kinds))
    history = shown(found, "u0")
    assert [(item, time) for item, time, _ in history] == [("i0", 200), ("i2", 210), ("i3", 220)]
    weights = [weight for _, _, weight in history]
    assert weights == pytest.approx([0.6, 0.2, 0.2])

    alike = EventParameters("buy", None, 0.5), EventParameters("view", None, 0.5)
    assert assemble(recipe(), {"INTERACTIONS": table}, selection=choose(*alike)).data.interactions.weights is None
    dear = assemble(recipe(), {"INTERACTIONS": table}, selection=choose(EventParameters(None, 0.1)))
    assert [time for _, time, _ in shown(dear, "u0")] == [200, 220]


def test_a_use_case_learns_from_its_type_of_event_in_any_case(tmp_path: Path) -> None:
    bought = [(f"u{user}", f"i{step}", 200 + step, "PURCHASE", None) for user in range(25) for step in (0, 1)]
    table = interactions(tmp_path, *bought)
    best_sellers = recipe("aws-ecomm-popular-items-by-purchases")
    found = assemble(best_sellers, {"INTERACTIONS": table}, selection=FEW)
    assert len(found.data.interactions) == 50
    with pytest.raises(UserFault, match=r"after filtering by event type: Purchase\. There are 50"):
        assemble(best_sellers, {"INTERACTIONS": table})


def test_items_bring_features_for_the_whole_catalogue_row_by_row(tmp_path: Path) -> None:
    found = assemble(recipe(), {"INTERACTIONS": interactions(tmp_path), "ITEMS": items(tmp_path)}, selection=FEW)
    content = found.data.content
    assert content is not None and len(content) == len(found.items) == found.data.interactions.item_count == 7
    assert [field.name for field in content.fields] == ["GENRES", "PRICE", "PLOT"]

    row = {name: place for place, name in enumerate(found.items)}
    assert features(content, row["i0"], "GENRES") > features(content, row["i1"], "GENRES") != set()
    assert features(content, row["cold"], "GENRES") | features(content, row["i1"], "GENRES") == features(
        content, row["i0"], "GENRES"
    )
    assert not features(content, row["mute"], "GENRES") and not features(content, row["i4"], "PLOT")


def test_excluded_columns_and_those_not_included_are_not_learned_from(tmp_path: Path) -> None:
    snapshots = {"INTERACTIONS": interactions(tmp_path), "ITEMS": items(tmp_path)}

    def fields(**chosen: Any) -> list[str]:
        selection = Selection(least_interactions=1, **chosen)
        content = assemble(recipe(), snapshots, selection=selection).data.content
        return [] if content is None else [field.name for field in content.fields]

    assert fields(excluded={"ITEMS": ("PLOT", "NOTE")}) == ["GENRES", "PRICE"]
    assert fields(included={"ITEMS": ("PLOT",)}) == ["PLOT"]
    assert fields(included={"USERS": ("AGE",)}) == []


def test_an_objective_is_one_column_of_the_items_even_where_it_is_not_learned_from(tmp_path: Path) -> None:
    snapshots = {"INTERACTIONS": interactions(tmp_path), "ITEMS": items(tmp_path)}
    chosen = Selection(least_interactions=1, objective=("PRICE", "LOW"), excluded={"ITEMS": ("PRICE",)})
    found = assemble(recipe(), snapshots, selection=chosen)
    objective = found.data.objective
    assert objective is not None and objective.sensitivity == "LOW"
    prices = dict(zip(found.items, objective.rewards.tolist(), strict=True))
    assert (prices["i0"], prices["cold"]) == (1.5, 3.0) and np.isnan([prices["i1"], prices["i4"]]).all()
    assert assemble(recipe(), snapshots, selection=FEW).data.objective is None
    for given, column in (({"INTERACTIONS": snapshots["INTERACTIONS"]}, "PRICE"), (snapshots, "GENRES")):
        with pytest.raises(UserFault, match=f"optimizationObjective needs numbers in the column {column}"):
            assemble(recipe(), given, selection=Selection(least_interactions=1, objective=(column, "LOW")))


def test_recipes_that_do_not_use_items_learn_nothing_of_them_yet_know_their_ids(tmp_path: Path) -> None:
    snapshots = {"INTERACTIONS": interactions(tmp_path), "ITEMS": items(tmp_path)}
    found = assemble(recipe("aws-sims"), snapshots, selection=FEW)
    assert found.data.content is None and found.items.row("cold") is not None


def test_a_segment_may_be_asked_for_categories_and_numbers(tmp_path: Path) -> None:
    snapshots = {"INTERACTIONS": interactions(tmp_path), "ITEMS": items(tmp_path)}
    found = assemble(recipe("aws-item-attribute-affinity"), snapshots, selection=FEW)
    attributes = found.data.attributes
    assert attributes is not None and attributes.columns == ("GENRES", "PRICE")
    chosen = attributes.select('ITEMS.genres = "Drama" AND ITEMS.price = 3')
    assert found.items.strings(chosen.tolist()) == ["cold"]


def test_text_alone_trains_where_interactions_are_not_needed(tmp_path: Path) -> None:
    found = assemble(recipe("aws-semantic-similarity"), {"ITEMS": items(tmp_path)})
    assert (len(found.items), len(found.users), len(found.data.interactions)) == (4, 0, 0)
    assert found.data.content is not None


@pytest.mark.parametrize("factor", [1_000, 1_000_000, 1_000_000_000])
def test_timestamps_in_parts_of_a_second_are_read_as_such(tmp_path: Path, factor: int) -> None:
    now = 1_700_000_000
    table = interactions(tmp_path, ("u0", "i3", now * factor, None, None), ("u0", "i4", now + 1, None, None))
    said: list[str] = []
    found = assemble(recipe(), {"INTERACTIONS": table}, selection=FEW, say=said.append)
    assert [time for _, time, _ in shown(found, "u0")] == [100, 101, now, now + 1]
    assert said == ["timestamps that can only be parts of a second are read as such"]


def features(content: ItemContent, item: int, name: str) -> set[int]:
    """Columns of one field that an item has."""
    field = next(each for each in content.fields if each.name == name)
    columns = content.columns[content.offsets[item] : content.offsets[item + 1]].tolist()
    return {column for column in columns if field.start <= column < field.stop}


def test_categories_of_events_and_of_users_label_them(tmp_path: Path) -> None:
    fields = {**INTERACTIONS, "DEVICE": OPTIONAL_TEXT, "MOOD": OPTIONAL_TEXT}
    rows = [
        (f"u{user}", f"i{step}", 100 + step, None, None, "tv" if step else None, "x")
        for user in range(25)
        for step in (0, 1)
    ]
    table = snapshot(tmp_path / "labelled", "INTERACTIONS", fields, rows, DEVICE="categorical")
    people = snapshot(
        tmp_path / "users",
        "USERS",
        {"USER_ID": "string", "TOWN": OPTIONAL_TEXT, "AGE": "long"},
        [("u1", "Bern", 30), ("u2", None, 30), ("nobody yet", "Rome", 30)],
        TOWN="categorical",
    )
    found = assemble(recipe(), {"INTERACTIONS": table, "USERS": people}, selection=FEW)
    data = found.data.interactions
    assert data.user_count == len(found.users) == 26 and len(data) == 50
    (device,), (town,) = data.labels, data.user_labels
    assert (device.field, town.field) == ("DEVICE", "TOWN")
    assert device.codes.tolist() == [-1, device.values.index("tv")] * 25
    told = {user: town.values[code] for user, code in zip(found.users, town.codes.tolist(), strict=True) if code >= 0}
    assert told == {"u1": "Bern", "nobody yet": "Rome"}
    assert not assemble(recipe("aws-sims"), {"INTERACTIONS": table}, selection=FEW).data.interactions.labels
