"""Dataset groups: their domain, and what must be gone before they go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reco.arns import Kind
from reco.control.dataset_groups import CHILDREN
from tests.aws import make_resource
from tests.control.conftest import TRANSITION_S, Bench, refused

SHOWN = ["name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"]


@pytest.mark.parametrize("more", [{}, {"domain": "ECOMMERCE"}, {"domain": "VIDEO_ON_DEMAND"}])
def test_a_group_shows_its_domain_where_it_has_one(bench: Bench, more: dict[str, str]) -> None:
    created = bench.client.create_dataset_group(name="g", **more)
    arn = created["datasetGroupArn"]

    assert {name: value for name, value in created.items() if name != "ResponseMetadata"} == {
        "datasetGroupArn": arn,
        **more,
    }
    described = bench.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
    assert list(described) == [*SHOWN, *more]
    assert {name: described[name] for name in more} == more
    assert bench.client.list_dataset_groups()["datasetGroups"] == [described]


def test_a_domain_that_is_none_is_refused(bench: Bench) -> None:
    assert "domain" in refused("InvalidInputException", bench.client.create_dataset_group, name="g", domain="shop")


def test_a_group_passes_through_its_states(bench: Bench) -> None:
    arn = bench.client.create_dataset_group(name="g", domain="ECOMMERCE")["datasetGroupArn"]
    seen = []
    for _ in range(3):
        group = bench.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
        seen.append((group["status"], (group["lastUpdatedDateTime"] - group["creationDateTime"]).total_seconds()))
        bench.pass_time(TRANSITION_S)
    assert seen == [("CREATE PENDING", 0), ("CREATE IN_PROGRESS", TRANSITION_S), ("ACTIVE", 2 * TRANSITION_S)]


@pytest.mark.parametrize("kind", CHILDREN)
def test_every_kind_of_child_must_go_before_its_group(bench: Bench, kind: Kind) -> None:
    group = bench.group()
    resource_id = "g/ITEMS" if kind is Kind.DATASET else "child"
    child = make_resource(bench.table, kind, resource_id, {"dataset_group_arn": group}, parent=group, status="ACTIVE")

    message = refused("ResourceInUseException", bench.client.delete_dataset_group, datasetGroupArn=group)
    assert bench.arn(kind, resource_id) in message
    bench.table.delete(child)
    bench.client.delete_dataset_group(datasetGroupArn=group)


def test_a_data_deletion_job_goes_with_its_group_once_it_has_ended(bench: Bench) -> None:
    group = bench.group()
    body: dict[str, Any] = {"job_name": "erase", "dataset_group_arn": group}
    job = make_resource(bench.table, Kind.DATA_DELETION_JOB, "erase", body, parent=group, status="IN_PROGRESS")

    message = refused("ResourceInUseException", bench.client.delete_dataset_group, datasetGroupArn=group)
    assert bench.arn(Kind.DATA_DELETION_JOB, "erase") in message
    bench.table.replace(replace(job, status="COMPLETED"))
    bench.client.delete_dataset_group(datasetGroupArn=group)
    bench.settle()
    refused("ResourceNotFoundException", bench.client.describe_dataset_group, datasetGroupArn=group)
    assert bench.table.client.scan(TableName=bench.table.name)["Items"] == []
