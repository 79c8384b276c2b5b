"""Actions and what users did with them: two datasets more, imported as items and their interactions are."""

from pathlib import Path

import pytest

from reco.artefact import open_artefact
from reco.datasets.building import build_snapshot
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import RULES, check_schema, parse_schema
from reco.datasets.snapshot import PLACED, CatalogueSnapshot, InteractionSnapshot
from reco.errors import CorruptArtefact, InvalidInput
from tests.datasets.builders import schema_text

ACTIONS = schema_text(
    "Actions",
    {"name": "ACTION_ID", "type": "string"},
    {"name": "VALUE", "type": ["null", "long"]},
    {"name": "MEMBERSHIP_LEVEL", "type": ["null", "string"], "categorical": True},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
    {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
    {"name": "EXPIRATION_TIMESTAMP", "type": ["long", "null"]},
)
TAKEN = schema_text(
    "ActionInteractions",
    {"name": "USER_ID", "type": "string"},
    {"name": "ACTION_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
)


def built(folder: Path, schema: str, content: str, previous=None):
    folder.mkdir(parents=True)
    with open_database(folder, threads=1) as database:
        scan = Scan(database, parse_schema(schema), folder)
        (folder / "1.csv").write_text(content)
        scan.add(folder / "1.csv", "1.csv")
        made = build_snapshot(scan, schema, folder / "snapshot", previous=previous)
    return made, open_artefact(made.folder, digest=made.digest, verify=True)


def test_actions_become_a_catalogue_of_which_the_last_record_stands(tmp_path: Path) -> None:
    _, artefact = built(
        tmp_path / "1",
        ACTIONS,
        "ACTION_ID,VALUE,MEMBERSHIP_LEVEL,CREATION_TIMESTAMP,REPEAT_FREQUENCY,EXPIRATION_TIMESTAMP\n"
        "join,7,Deluxe,1500000000,7,\napp,4,,1586731606,30,1700000000\njoin,9,Gold,1500000000,,\n",
    )
    actions = CatalogueSnapshot.of(artefact)
    assert list(actions.ids) == ["app", "join"]
    assert actions.columns["VALUE"].numbers.tolist() == [4, 9]
    assert actions.columns["REPEAT_FREQUENCY"].nulls.tolist() == [0, 1]
    assert actions.columns["MEMBERSHIP_LEVEL"].strings() == [None, "Gold"]
    with pytest.raises(CorruptArtefact):
        InteractionSnapshot.of(artefact)


def test_what_users_did_with_actions_is_kept_by_user_in_order_of_time(tmp_path: Path) -> None:
    head = "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\n"
    made, artefact = built(tmp_path / "1", TAKEN, head + "u2,join,Taken,30\nu1,app,Viewed,20\nu1,join,Not taken,10\n")
    first = InteractionSnapshot.of(artefact)
    assert (list(first.users), list(first.items)) == (["u1", "u2"], ["app", "join"])
    assert first.item_rows.tolist() == [1, 0, 1]
    assert first.columns["EVENT_TYPE"].strings() == ["Not taken", "Viewed", "Taken"]
    assert made.data_report["actions"] == 2 and made.data_report["time_range"] == [10, 30]
    assert made.data_report["events_by_type"] == {"Not taken": 1, "Taken": 1, "Viewed": 1}

    _, artefact = built(tmp_path / "2", TAKEN, head + "u1,other,Taken,15\n", previous=first)
    appended = InteractionSnapshot.of(artefact)
    assert appended.rows == 4
    assert appended.items.strings(appended.item_rows.tolist()) == ["join", "other", "app", "join"]


def test_a_row_without_its_type_of_event_is_at_fault(tmp_path: Path) -> None:
    made, _ = built(tmp_path / "1", TAKEN, "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP\nu,a,,1\nu,a,Taken,2\n")
    assert made.rows == 1


@pytest.mark.parametrize("missing", ["USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"])
def test_every_required_field_of_action_interactions_is_asked_for(missing: str) -> None:
    required = RULES["ACTION_INTERACTIONS"].required
    fields = [{"name": name, "type": rule.types[0]} for name, rule in required.items() if name != missing]
    schema = parse_schema(schema_text("ActionInteractions", *fields))
    with pytest.raises(InvalidInput, match=f"must have the fields {missing}"):
        check_schema(schema, None)


def test_an_action_needs_something_to_learn_from() -> None:
    schema = parse_schema(schema_text("Actions", {"name": "ACTION_ID", "type": "string"}))
    with pytest.raises(InvalidInput, match="at least 1 metadata field"):
        check_schema(schema, None)


def test_events_of_both_kinds_are_placed_by_user_what_and_when() -> None:
    for dataset_type, names in PLACED.items():
        required = RULES[dataset_type].required
        assert [required[name].types for name in names] == [("string",), ("string",), ("long",)]
