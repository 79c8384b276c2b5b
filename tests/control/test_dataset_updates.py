"""UpdateDataset: another schema, its states, and what it holds and frees."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reco.arns import Kind
from reco.jobs.status import CREATE_FAILED
from tests.control.conftest import INTERACTIONS, ITEMS, TRANSITION_S, Bench, refused
from tests.control.test_datasets import group_of, schema_of
from tests.control.test_schemas import SHOP_ITEMS


def with_fields(text: str, *fields: dict[str, Any]) -> str:
    schema = json.loads(text)
    return json.dumps({**schema, "fields": [*fields, *schema["fields"]]})


COLOUR = {"name": "COLOUR", "type": ["null", "string"], "categorical": True}
WEIGHT = {"name": "WEIGHT", "type": ["float", "null"]}


@pytest.fixture
def dataset(bench: Bench) -> str:
    """Items with the schema `v1`; `v2` has a colour too."""
    arn = bench.dataset(bench.group(), bench.schema("v1", ITEMS), "Items")
    bench.schema("v2", with_fields(ITEMS, COLOUR))
    return arn


def _arn(bench: Bench, name: str) -> str:
    return bench.arn(Kind.SCHEMA, name)


def _updated(bench: Bench, dataset: str, name: str) -> None:
    assert bench.client.update_dataset(datasetArn=dataset, schemaArn=_arn(bench, name))["datasetArn"] == dataset


def _described(bench: Bench, dataset: str) -> dict[str, Any]:
    described: dict[str, Any] = bench.client.describe_dataset(datasetArn=dataset)["dataset"]
    return described


def test_an_update_passes_through_its_states_at_the_top_and_in_its_own_block(bench: Bench, dataset: str) -> None:
    before = _described(bench, dataset)
    assert "latestDatasetUpdate" not in before
    bench.pass_time(100)
    asked_at = bench.now
    _updated(bench, dataset, "v2")

    seen = []
    for _ in range(4):
        described = _described(bench, dataset)
        update = described["latestDatasetUpdate"]
        assert described["schemaArn"] == update["schemaArn"] == _arn(bench, "v2")
        assert described["creationDateTime"] == before["creationDateTime"]
        assert update["creationDateTime"].timestamp() == asked_at
        assert list(update) == ["schemaArn", "status", "creationDateTime", "lastUpdatedDateTime"]
        assert described["lastUpdatedDateTime"] == update["lastUpdatedDateTime"]
        assert bench.client.list_datasets()["datasets"][0]["status"] == described["status"] == update["status"]
        seen.append((described["status"], update["lastUpdatedDateTime"].timestamp() - asked_at))
        bench.pass_time(TRANSITION_S)
    active = ("ACTIVE", 2 * TRANSITION_S)
    assert seen == [("UPDATE PENDING", 0), ("UPDATE IN_PROGRESS", TRANSITION_S), active, active]
    assert list(_described(bench, dataset)) == [*before, "latestDatasetUpdate"]


def test_the_new_schema_is_in_use_at_once_and_the_old_one_free(bench: Bench, dataset: str) -> None:
    refused("ResourceInUseException", bench.client.delete_schema, schemaArn=_arn(bench, "v1"))
    _updated(bench, dataset, "v2")

    assert dataset in refused("ResourceInUseException", bench.client.delete_schema, schemaArn=_arn(bench, "v2"))
    bench.client.delete_schema(schemaArn=_arn(bench, "v1"))
    bench.settle()
    # A schema that comes under the old one's name has nothing to do with the dataset.
    bench.schema("v1", SHOP_ITEMS)
    bench.client.delete_schema(schemaArn=_arn(bench, "v1"))


def test_what_an_update_adds_is_remembered_with_its_time_for_trainings(bench: Bench, dataset: str) -> None:
    bench.schema("v3", with_fields(ITEMS, WEIGHT, COLOUR))
    asked_at = []
    for name in ("v2", "v2", "v3"):
        bench.settle()
        asked_at.append(bench.now)
        _updated(bench, dataset, name)
    remembered = bench.stored(Kind.DATASET, "g/ITEMS").inner["added_columns"]
    assert remembered == {"COLOUR": asked_at[0], "WEIGHT": asked_at[2]}


def test_a_dataset_may_go_back_to_a_schema_that_says_the_same_and_leaves_nothing_behind(
    bench: Bench, dataset: str
) -> None:
    bench.schema("same", with_fields(ITEMS, COLOUR))
    bench.schema("v3", with_fields(ITEMS, WEIGHT, COLOUR))
    for name in ("v2", "same", "v2", "v2", "v3"):
        _updated(bench, dataset, name)
        bench.settle()
        for each in ("v2", "same", "v3"):
            if each == name:
                refused("ResourceInUseException", bench.client.delete_schema, schemaArn=_arn(bench, each))
    message = refused(
        "InvalidInputException", bench.client.update_dataset, datasetArn=dataset, schemaArn=_arn(bench, "v2")
    )
    assert "field WEIGHT of the present schema is missing" in message

    bench.client.delete_dataset(datasetArn=dataset)
    bench.settle()
    refused("ResourceNotFoundException", bench.client.describe_dataset, datasetArn=dataset)
    for name in ("v1", "v2", "same", "v3"):
        bench.client.delete_schema(schemaArn=_arn(bench, name))
    bench.client.delete_dataset_group(datasetGroupArn=bench.arn(Kind.DATASET_GROUP, "g"))
    bench.settle()
    bench.client.list_dataset_groups()
    assert bench.table.client.scan(TableName=bench.table.name)["Items"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (with_fields(ITEMS, {**COLOUR, "type": "string"}), "field COLOUR is new"),
        (ITEMS.replace("float", "double"), "field PRICE is double and was float"),
        (ITEMS.replace('"float"', '["float", "null"]'), "field PRICE is float or null and was float"),
        (with_fields(ITEMS.replace("PRICE", "COST"), COLOUR), "field PRICE of the present schema is missing"),
        (INTERACTIONS, "the schema describes INTERACTIONS, but the dataset is of type ITEMS"),
    ],
)
def test_a_schema_that_does_not_fit_the_rows_is_refused_and_changes_nothing(
    bench: Bench, dataset: str, text: str, words: str
) -> None:
    before = _described(bench, dataset)
    schema = bench.schema("bad", text)

    message = refused("InvalidInputException", bench.client.update_dataset, datasetArn=dataset, schemaArn=schema)
    assert words in message and message.startswith("schemaArn: ")
    assert _described(bench, dataset) == before
    bench.client.delete_schema(schemaArn=schema)


def test_only_items_and_users_are_updated(bench: Bench) -> None:
    schema = bench.schema()
    dataset = bench.dataset(bench.group(), schema)
    message = refused("InvalidInputException", bench.client.update_dataset, datasetArn=dataset, schemaArn=schema)
    assert message.startswith("datasetArn: ") and "INTERACTIONS" in message


def test_a_schema_of_another_domain_is_refused(bench: Bench) -> None:
    present, custom = schema_of(bench, SHOP_ITEMS, "ECOMMERCE"), schema_of(bench, SHOP_ITEMS, None, "custom")
    dataset = bench.dataset(group_of(bench, "ECOMMERCE"), present, "Items")

    message = refused("InvalidInputException", bench.client.update_dataset, datasetArn=dataset, schemaArn=custom)
    assert "the domain of the schema is none, and the dataset group's is ECOMMERCE" in message


def test_a_busy_dataset_is_not_updated(bench: Bench) -> None:
    group = bench.group()
    schema = bench.schema("v1", ITEMS)
    arn = bench.client.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType="Items")[
        "datasetArn"
    ]
    asked = {"datasetArn": arn, "schemaArn": schema}
    update = bench.client.update_dataset

    assert "CREATE PENDING" in refused("ResourceInUseException", update, **asked)
    bench.settle()
    job = bench.import_job(arn)
    assert job in refused("ResourceInUseException", update, **asked)
    bench.end_job(job, CREATE_FAILED, "no luck")
    update(**asked)
    for status in ("UPDATE PENDING", "UPDATE IN_PROGRESS"):
        assert status in refused("ResourceInUseException", update, **asked)
        assert status in refused("ResourceInUseException", bench.client.delete_dataset, datasetArn=arn)
        message = refused(
            "ResourceInUseException",
            bench.client.create_dataset_import_job,
            jobName="later",
            datasetArn=arn,
            dataSource={"dataLocation": "s3://bucket/a.csv"},
            roleArn="arn:aws:iam::123456789012:role/reader",
        )
        assert status in message
        bench.pass_time(TRANSITION_S)
    update(**asked)
    bench.settle()
    bench.client.delete_dataset(datasetArn=arn)
    assert "DELETE PENDING" in refused("ResourceInUseException", update, **asked)
    assert _described(bench, arn)["latestDatasetUpdate"]["status"] == "ACTIVE"


def test_what_an_update_names_must_exist(bench: Bench, dataset: str) -> None:
    update = bench.client.update_dataset
    unknown = _arn(bench, "unknown")
    assert unknown in refused("ResourceNotFoundException", update, datasetArn=dataset, schemaArn=unknown)
    foreign = _arn(bench, "v2").replace("123456789012", "210987654321")
    assert foreign in refused("ResourceNotFoundException", update, datasetArn=dataset, schemaArn=foreign)
    users = bench.arn(Kind.DATASET, "g/USERS")
    refused("ResourceNotFoundException", update, datasetArn=users, schemaArn=_arn(bench, "v2"))
    message = refused("InvalidInputException", update, datasetArn=_arn(bench, "v2"), schemaArn=dataset)
    assert message.startswith("datasetArn must be the ARN of a dataset")
