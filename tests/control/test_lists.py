"""Lists: whole, in order of creation, in pages of any size."""

from __future__ import annotations

from typing import Any

import pytest

from reco.arns import Kind
from reco.wire.pagination import encode
from tests.control.conftest import INTERACTIONS, ITEMS, Bench, refused
from tests.wire.clients import ACCOUNT


@pytest.fixture
def groups(bench: Bench) -> list[str]:
    """Seven groups in their order of creation, which is not that of their names."""
    arns = []
    for name in ("g3", "g1", "g7", "g0", "g5", "g2", "g9"):
        arns.append(bench.client.create_dataset_group(name=name)["datasetGroupArn"])
        bench.pass_time(1)
    return arns


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_of_every_size_make_up_the_whole_list_oldest_first(bench: Bench, groups: list[str], size: int) -> None:
    pages = bench.client.get_paginator("list_dataset_groups").paginate(PaginationConfig={"PageSize": size})
    listed = [[group["datasetGroupArn"] for group in page["datasetGroups"]] for page in pages]

    assert [arn for page in listed for arn in page] == groups
    assert all(len(page) <= size for page in listed)


def test_the_last_page_has_no_token(bench: Bench, groups: list[str]) -> None:
    assert "nextToken" not in bench.client.list_dataset_groups(maxResults=7)
    assert "nextToken" in bench.client.list_dataset_groups(maxResults=6)


def test_a_page_has_a_hundred_unless_it_is_told_otherwise(bench: Bench) -> None:
    for number in range(101):
        bench.client.create_schema(name=f"s{number}", schema=ITEMS)

    first = bench.client.list_schemas()

    assert len(first["schemas"]) == 100
    assert len(bench.client.list_schemas(nextToken=first["nextToken"])["schemas"]) == 1
    assert len(bench.client.list_schemas(nextToken="", maxResults=3)["schemas"]) == 3, "an empty token begins"


def test_a_page_goes_on_where_it_stopped_though_others_came_and_went(bench: Bench, groups: list[str]) -> None:
    first = bench.client.list_dataset_groups(maxResults=2)
    bench.settle()
    bench.client.delete_dataset_group(datasetGroupArn=groups[1])
    bench.client.delete_dataset_group(datasetGroupArn=groups[3])
    bench.settle()
    new = bench.client.create_dataset_group(name="late")["datasetGroupArn"]

    rest = bench.client.list_dataset_groups(nextToken=first["nextToken"])["datasetGroups"]

    assert [group["datasetGroupArn"] for group in rest] == [groups[2], *groups[4:], new]


def test_a_page_is_full_though_nobody_has_yet_read_what_is_gone(bench: Bench, groups: list[str]) -> None:
    bench.settle()
    for arn in groups[:5]:
        bench.client.delete_dataset_group(datasetGroupArn=arn)
    bench.settle()

    page = bench.client.list_dataset_groups(maxResults=1)

    assert [group["datasetGroupArn"] for group in page["datasetGroups"]] == [groups[5]]
    rest = bench.client.list_dataset_groups(maxResults=1, nextToken=page["nextToken"])
    assert [group["datasetGroupArn"] for group in rest["datasetGroups"]] == [groups[6]]
    assert "nextToken" not in rest


def test_a_token_of_another_list_is_refused(bench: Bench, groups: list[str]) -> None:
    token = bench.client.list_dataset_groups(maxResults=1)["nextToken"]

    refused("InvalidNextTokenException", bench.client.list_schemas, nextToken=token)
    refused("InvalidNextTokenException", bench.client.list_dataset_groups, nextToken=token[:-1])
    for parent in (groups[0], groups[0].replace(ACCOUNT, "999999999999")):
        refused("InvalidNextTokenException", bench.client.list_datasets, datasetGroupArn=parent, nextToken=token)


def test_children_are_listed_by_parent_and_account_wide(bench: Bench) -> None:
    interactions, items = bench.schema("i", INTERACTIONS), bench.schema("t", ITEMS)
    first, second = bench.group("first"), bench.group("second")
    made = [
        bench.dataset(first, interactions),
        bench.dataset(second, interactions),
        bench.dataset(first, items, "items"),
    ]

    def listed(**filters: Any) -> list[str]:
        return [entry["datasetArn"] for entry in bench.client.list_datasets(**filters)["datasets"]]

    assert listed() == made
    assert listed(datasetGroupArn=first) == [made[0], made[2]]
    assert listed(datasetGroupArn=second) == [made[1]]


def test_a_summary_shows_what_the_model_says_and_its_own_arn_first(bench: Bench) -> None:
    shop = bench.shop()
    client = bench.client
    found = {
        "schemas": client.list_schemas,
        "datasetGroups": client.list_dataset_groups,
        "datasets": client.list_datasets,
        "datasetImportJobs": client.list_dataset_import_jobs,
        "solutions": client.list_solutions,
        "solutionVersions": client.list_solution_versions,
        "campaigns": client.list_campaigns,
    }
    own = [shop.schema, shop.group, shop.dataset, shop.job, shop.solution, shop.version, shop.campaign]

    for (key, operation), arn in zip(found.items(), own, strict=True):
        answer = operation()
        assert set(answer) == {key, "ResponseMetadata"}
        (summary,) = answer[key]
        assert next(value for name, value in summary.items() if name.endswith("Arn")) == arn


def test_an_unknown_parent_has_an_empty_list_except_for_versions(bench: Bench) -> None:
    group = bench.arn(Kind.DATASET_GROUP, "none")
    solution = bench.arn(Kind.SOLUTION, "none")

    assert bench.client.list_datasets(datasetGroupArn=group)["datasets"] == []
    assert bench.client.list_campaigns(solutionArn=solution)["campaigns"] == []
    refused("ResourceNotFoundException", bench.client.list_solution_versions, solutionArn=solution)
    message = refused("InvalidInputException", bench.client.list_datasets, datasetGroupArn=solution)
    assert "datasetGroupArn" in message and "dataset group" in message


def test_versions_are_listed_oldest_first_and_the_newest_is_the_solutions_latest(bench: Bench) -> None:
    bench.shop()
    solution = bench.arn(Kind.SOLUTION, "sol")
    later = [bench.version(solution) for _ in range(7)]

    listed = [entry["solutionVersionArn"] for entry in bench.client.list_solution_versions()["solutionVersions"]]
    latest = bench.client.describe_solution(solutionArn=solution)["solution"]["latestSolutionVersion"]

    assert listed[1:] == later
    assert latest["solutionVersionArn"] == later[-1]


@pytest.mark.parametrize("position", ["", 3, []])
def test_a_made_up_token_with_a_place_that_no_key_can_have_is_refused(bench: Bench, position: Any) -> None:
    """Its seal is a checksum: whoever knows how can put any place into it."""
    bench.schema()
    token = encode("ListSchemas", {}, position)

    refused("InvalidNextTokenException", bench.client.list_schemas, nextToken=token)


def test_a_made_up_token_behind_the_end_lists_nothing(bench: Bench) -> None:
    bench.schema()
    token = encode("ListSchemas", {}, "9999999999999#ffffffffffffffff")

    assert bench.client.list_schemas(nextToken=token)["schemas"] == []
