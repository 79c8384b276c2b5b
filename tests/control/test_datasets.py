"""Datasets: one of a type in a group, of the group's domain, and not deleted while something reads them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reco.arns import Kind
from tests.aws import make_resource
from tests.control.conftest import INTERACTIONS, ITEMS, Bench, refused
from tests.control.test_schemas import ACTIONS, FILMS, SHOP_ITEMS, schema_text

TAKEN = schema_text(
    "ActionInteractions",
    {"name": "USER_ID", "type": "string"},
    {"name": "ACTION_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
)


def group_of(bench: Bench, domain: str | None, name: str = "g") -> str:
    more = {"domain": domain} if domain else {}
    arn = str(bench.client.create_dataset_group(name=name, **more)["datasetGroupArn"])
    bench.settle()
    return arn


def schema_of(bench: Bench, text: str, domain: str | None, name: str = "s") -> str:
    more = {"domain": domain} if domain else {}
    return str(bench.client.create_schema(name=name, schema=text, **more)["schemaArn"])


@pytest.mark.parametrize(
    ("domain", "text", "dataset_type"),
    [
        (None, ITEMS, "items"),
        ("ECOMMERCE", SHOP_ITEMS, "Items"),
        ("VIDEO_ON_DEMAND", FILMS, "ITEMS"),
        ("ECOMMERCE", INTERACTIONS, "interActions"),
        (None, ACTIONS, "Actions"),
    ],
)
def test_a_dataset_is_described_and_listed(bench: Bench, domain: str | None, text: str, dataset_type: str) -> None:
    group, schema = group_of(bench, domain), schema_of(bench, text, domain)
    arn = bench.client.create_dataset(name="d", datasetGroupArn=group, schemaArn=schema, datasetType=dataset_type)[
        "datasetArn"
    ]
    described = bench.client.describe_dataset(datasetArn=arn)["dataset"]
    shown = {
        "name": "d",
        "datasetArn": arn,
        "datasetGroupArn": group,
        "datasetType": dataset_type.upper(),
        "schemaArn": schema,
        "status": "CREATE PENDING",
        "creationDateTime": described["creationDateTime"],
        "lastUpdatedDateTime": described["lastUpdatedDateTime"],
    }
    assert arn.endswith(f":dataset/g/{dataset_type.upper()}")
    assert list(described.items()) == list(shown.items())
    (listed,) = bench.client.list_datasets(datasetGroupArn=group)["datasets"]
    assert list(listed) == [name for name in shown if name not in ("datasetGroupArn", "schemaArn")]
    assert listed == {name: shown[name] for name in listed}


@pytest.mark.parametrize(
    ("of_group", "of_schema"),
    [(None, "ECOMMERCE"), ("ECOMMERCE", None), ("ECOMMERCE", "VIDEO_ON_DEMAND"), ("VIDEO_ON_DEMAND", "ECOMMERCE")],
)
def test_group_and_schema_must_be_of_one_domain(bench: Bench, of_group: str | None, of_schema: str | None) -> None:
    asked = {
        "name": "d",
        "datasetGroupArn": group_of(bench, of_group),
        "schemaArn": schema_of(bench, INTERACTIONS, of_schema),
        "datasetType": "Interactions",
    }
    message = refused("InvalidInputException", bench.client.create_dataset, **asked)
    assert message.startswith("schemaArn: the domain of the schema is ")
    assert (of_group or "none") in message and (of_schema or "none") in message
    assert bench.client.list_datasets()["datasets"] == []


@pytest.mark.parametrize(("text", "dataset_type"), [(ACTIONS, "Actions"), (TAKEN, "Action_Interactions")])
def test_actions_are_for_custom_groups(bench: Bench, text: str, dataset_type: str) -> None:
    schema = schema_of(bench, text, None)
    asked = {"name": "d", "schemaArn": schema, "datasetType": dataset_type}
    shop = group_of(bench, "ECOMMERCE", "shop")

    message = refused("InvalidInputException", bench.client.create_dataset, datasetGroupArn=shop, **asked)
    assert message.startswith(f"datasetType: {dataset_type.upper()} is for custom dataset groups")
    bench.client.create_dataset(datasetGroupArn=group_of(bench, None), **asked)


def test_only_interactions_with_actions_have_a_tracking_id_and_keep_it(bench: Bench) -> None:
    group = group_of(bench, None)
    arns = {
        text: bench.dataset(group, schema_of(bench, text, None, f"s{number}"), dataset_type)
        for number, (text, dataset_type) in enumerate(
            [(ITEMS, "Items"), (ACTIONS, "Actions"), (TAKEN, "Action_Interactions")]
        )
    }

    def tracking_id(text: str) -> Any:
        return bench.client.describe_dataset(datasetArn=arns[text])["dataset"].get("trackingId")

    assert uuid.UUID(tracking_id(TAKEN)).version == 4
    assert tracking_id(TAKEN) == tracking_id(TAKEN)
    assert tracking_id(ITEMS) is tracking_id(ACTIONS) is None
    assert all("trackingId" not in each for each in bench.client.list_datasets()["datasets"])


def test_a_group_has_one_dataset_of_a_type_whatever_it_is_called(bench: Bench) -> None:
    group, schema = group_of(bench, None), schema_of(bench, ITEMS, None)
    arn = bench.dataset(group, schema, "Items")
    other = schema_of(bench, ITEMS, None, "other")

    message = refused(
        "ResourceAlreadyExistsException",
        bench.client.create_dataset,
        name="another",
        datasetGroupArn=group,
        schemaArn=other,
        datasetType="ITEMS",
    )
    assert message == f"Another resource with Arn {arn} already exists."
    bench.client.delete_schema(schemaArn=other)


@pytest.mark.parametrize("kind", [Kind.DATASET_IMPORT_JOB, Kind.DATASET_EXPORT_JOB])
def test_a_running_job_keeps_its_dataset_and_goes_with_it_when_it_has_ended(bench: Bench, kind: Kind) -> None:
    arn = bench.dataset(group_of(bench, None), schema_of(bench, ITEMS, None), "Items")
    body = {"job_name": "j", "dataset_arn": arn}
    job = make_resource(bench.table, kind, "j", body, parent=arn, status="CREATE IN_PROGRESS")

    message = refused("ResourceInUseException", bench.client.delete_dataset, datasetArn=arn)
    assert bench.arn(kind, "j") in message
    bench.end_job(bench.arn(kind, job.id))
    bench.client.delete_dataset(datasetArn=arn)
    bench.settle()
    assert bench.client.list_datasets()["datasets"] == []
    assert bench.table.get(kind, "j") is None


def test_what_a_dataset_names_must_exist(bench: Bench) -> None:
    group, schema = group_of(bench, None), schema_of(bench, ITEMS, None)
    asked = {"name": "d", "datasetType": "Items", "datasetGroupArn": group, "schemaArn": schema}
    for member, kind in (("datasetGroupArn", Kind.DATASET_GROUP), ("schemaArn", Kind.SCHEMA)):
        unknown = bench.arn(kind, "unknown")
        message = refused("ResourceNotFoundException", bench.client.create_dataset, **{**asked, member: unknown})
        assert unknown in message
