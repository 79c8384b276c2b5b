"""Actions and what users did with them, from snapshots to what is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reco.artefact import Artefact
from reco.errors import UserFault
from reco.models.action_data import DAY_S, NEVER, NOT_TAKEN, TAKEN, VIEWED
from reco.recipes import recipe_by_arn
from tests.container.snapshots import snapshot
from training_container import actions
from training_container.assembly import Assembled, Selection, assemble

RECIPE = recipe_by_arn("arn:aws:personalize:::recipe/aws-next-best-action")
INTERACTIONS = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"}
ACTIONS = {
    "ACTION_ID": "string",
    "VALUE": ["null", "long"],
    "LEVEL": ["null", "string"],
    "CREATION_TIMESTAMP": ["null", "long"],
    "REPEAT_FREQUENCY": ["long", "null"],
    "EXPIRATION_TIMESTAMP": ["long", "null"],
}
LOG = {"USER_ID": "string", "ACTION_ID": "string", "EVENT_TYPE": "string", "TIMESTAMP": "long"}
CATALOGUE = [
    ("join", 7, "Gold", 100, 7, None),
    ("app", None, None, None, None, 2_000_000_000),
    ("gift", -3, "Gold|New", None, None, None),
]
EVENTS = [
    ("u3", "app", "NOT_TAKEN", 50),
    ("zoe", "join", "Taken", 60),
    ("u3", "other", "Viewed", 70),
    ("u3", "app", "laughed at", 80),
]


def history() -> list[tuple[str, str, int]]:
    return [(f"u{user}", f"i{item}", 10 * user + item) for user in range(30) for item in range(3)]


@pytest.fixture
def snapshots(tmp_path: Path) -> dict[str, Artefact]:
    return {
        "INTERACTIONS": snapshot(tmp_path / "i", "INTERACTIONS", INTERACTIONS, history()),
        "ACTIONS": snapshot(tmp_path / "a", "ACTIONS", ACTIONS, CATALOGUE, LEVEL="categorical"),
        "ACTION_INTERACTIONS": snapshot(tmp_path / "l", "ACTION_INTERACTIONS", LOG, EVENTS),
    }


def assembled(snapshots: dict[str, Artefact]) -> Assembled:
    return assemble(RECIPE, snapshots, selection=Selection(least_interactions=1))


def test_actions_are_those_of_the_catalogue_and_of_the_events(snapshots: dict[str, Artefact]) -> None:
    found = assembled(snapshots).data.actions
    assert found is not None
    assert list(found.names) == ["app", "gift", "join", "other"]
    assert found.expires.tolist() == [2_000_000_000, NEVER, NEVER, NEVER]
    assert found.repeat_s.tolist() == [0, 0, 7 * DAY_S, 0]
    assert found.worth.tolist() == [0, 0, 7, 0]
    newest = max(row[2] for row in history())
    assert found.created.tolist() == [50, newest, 100, 70]


def test_users_of_either_kind_of_interactions_are_all_there(snapshots: dict[str, Artefact]) -> None:
    made = assembled(snapshots)
    assert made.data.actions is not None
    events, interactions = made.data.actions.events, made.data.interactions
    assert len(made.users) == 31 == events.user_count == interactions.user_count
    zoe, u3 = made.users.row("zoe"), made.users.row("u3")
    assert zoe is not None and u3 is not None
    assert len(interactions.history(zoe)[0]) == 0
    assert made.items.strings(interactions.history(u3)[0].tolist()) == ["i0", "i1", "i2"]
    assert events.of_user(zoe).kinds.tolist() == [TAKEN]
    # An event of a type without meaning is left out.
    assert events.of_user(u3).kinds.tolist() == [NOT_TAKEN, VIEWED]
    assert events.of_user(u3).times.tolist() == [50, 70]


def test_categories_and_worth_are_learned_from_and_rules_are_not(snapshots: dict[str, Artefact]) -> None:
    found = assembled(snapshots).data.actions
    assert found is not None and found.content is not None
    with_features = np.flatnonzero(np.diff(found.content.offsets)).tolist()
    assert set(with_features) <= {1, 2}
    assert 2 in with_features


def test_actions_without_events_are_enough(snapshots: dict[str, Artefact]) -> None:
    del snapshots["ACTION_INTERACTIONS"]
    made = assembled(snapshots)
    assert made.data.actions is not None
    assert len(made.data.actions.events) == 0 and made.data.actions.events.user_count == 30


def test_no_actions_and_too_many_are_refused_in_words(
    snapshots: dict[str, Artefact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_ACTIONS", 3)
    with pytest.raises(UserFault, match="There are 4 actions; at most 3"):
        assembled(snapshots)
    del snapshots["ACTIONS"]
    with pytest.raises(UserFault, match="Actions dataset is empty"):
        assembled(snapshots)


@pytest.mark.parametrize("column", ["EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP"])
def test_both_names_of_the_expiration_are_known(tmp_path: Path, snapshots: dict[str, Any], column: str) -> None:
    rows: Sequence[Sequence[Any]] = [("join", 500)]
    snapshots["ACTIONS"] = snapshot(tmp_path / "b", "ACTIONS", {"ACTION_ID": "string", column: "long"}, rows)
    del snapshots["ACTION_INTERACTIONS"]
    found = assembled(snapshots).data.actions
    assert found is not None and found.expires.tolist() == [500]
