"""The table of who may call which operation: off by default, and exact when it is there."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.options import OptionError, read_options
from reco.arns import Owner
from reco.control import operations
from reco.control.permissions import LONGEST, OPEN, read_permissions
from reco.errors import AccessDenied
from reco.wire.call import Call
from tests.control.conftest import Bench, refused
from tests.wire.clients import ACCOUNT, CALLER, REGION, connect

ANALYST = f"arn:aws:sts::{ACCOUNT}:assumed-role/analyst/ada"


def call_of(operation: str, caller: str | None) -> Call:
    return Call(operation, {}, Owner(ACCOUNT, REGION), caller, "request", 0.0)


def allowed(table: dict[str, list[str]], operation: str, caller: str | None) -> bool:
    try:
        read_permissions(json.dumps(table)).refuse(call_of(operation, caller))
    except AccessDenied:
        return False
    return True


def client_under(bench: Bench, table: dict[str, list[str]]) -> Any:
    """A client of the caller CALLER, under a table."""
    offered = operations.build(bench.registry_at, read_permissions(json.dumps(table)))
    return connect("personalize", offered, lambda: bench.now)


def test_without_a_table_everybody_may_do_everything(bench: Bench) -> None:
    assert read_permissions("") == OPEN
    OPEN.refuse(call_of("DeleteDatasetGroup", None))
    bench.client.create_dataset_group(name="g")


def test_a_caller_may_do_what_a_row_allows_and_is_denied_the_rest(bench: Bench) -> None:
    bench.client.create_dataset_group(name="g")
    client = client_under(bench, {CALLER: ["List*", "DescribeDatasetGroup"]})

    (group,) = client.list_dataset_groups()["datasetGroups"]
    client.describe_dataset_group(datasetGroupArn=group["datasetGroupArn"])
    message = refused("AccessDeniedException", client.delete_dataset_group, datasetGroupArn=group["datasetGroupArn"])
    assert CALLER in message and "personalize:DeleteDatasetGroup" in message
    assert len(bench.client.list_dataset_groups()["datasetGroups"]) == 1


def test_whether_a_resource_exists_is_not_told_to_who_may_not_ask(bench: Bench) -> None:
    group = bench.group()
    client = client_under(bench, {"*": ["List*"]})
    there = refused("AccessDeniedException", client.describe_dataset_group, datasetGroupArn=group)
    absent = refused("AccessDeniedException", client.describe_dataset_group, datasetGroupArn=group + "x")
    assert there == absent


def test_rows_add_up_and_wildcards_are_those_of_iam() -> None:
    table = {f"arn:aws:sts::{ACCOUNT}:assumed-role/analyst/*": ["Describe*"], "arn:aws:*/ad?": ["ListFilters"]}
    assert allowed(table, "DescribeFilter", ANALYST)
    assert allowed(table, "ListFilters", ANALYST)
    assert not allowed(table, "ListSchemas", ANALYST)
    assert not allowed(table, "DescribeFilter", ANALYST.replace("analyst", "analysts"))
    assert not allowed(table, "DescribeFilter", ANALYST.replace("analyst", "Analyst"))
    assert not allowed(table, "ListFilters", ANALYST + "n")


def test_an_empty_table_and_an_unknown_caller_are_denied() -> None:
    assert not allowed({}, "ListFilters", ANALYST)
    assert not allowed({"arn:*": ["*"]}, "ListFilters", None)


def test_a_wildcard_within_an_arn_stays_between_its_colons() -> None:
    """A user's path may hold colons: who may make users below one path must not become anybody's namesake."""
    table = {"arn:aws:iam::*:user/ada": ["*"]}
    assert allowed(table, "ListFilters", f"arn:aws:iam::{ACCOUNT}:user/ada")
    assert not allowed(table, "ListFilters", f"arn:aws:iam::{ACCOUNT}:user/team/x:user/ada")


@given(
    pattern=st.text("ab*?/:.+", max_size=12).map(lambda text: f"arn:{text}"),
    caller=st.text("ab/:.+\n", max_size=12).map(lambda text: f"arn:{text}"),
)
def test_each_part_of_a_pattern_means_what_a_shell_would_make_of_it(pattern: str, caller: str) -> None:
    parts = pattern.split(":", 5)
    spelled = caller.split(":", len(parts) - 1)
    meant = len(parts) == len(spelled) and all(map(fnmatchcase, spelled, parts))
    assert allowed({pattern: ["*"]}, "ListFilters", caller) == meant


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"arn:x": "ListFilters"}', '{"arn:x": [1]}', '{"arn:x": ["ListFilter"]}', '{"ada": ["*"]}'],
)
def test_a_table_that_means_nothing_is_refused_before_anything_is_deployed(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_permissions(text)
    with pytest.raises(OptionError, match="permissions="):
        read_options({"permissions": text})


def test_the_context_takes_an_object_or_its_text() -> None:
    table = {"arn:aws:iam::*:user/ada": ["*"]}
    assert json.loads(read_options({"permissions": table}).permissions) == table
    assert json.loads(read_options({"permissions": json.dumps(table)}).permissions) == table
    assert read_options({}).permissions == ""
    with pytest.raises(OptionError, match=str(LONGEST)):
        read_options({"permissions": {f"arn:{number:03d}": ["ListFilters"] for number in range(200)}})
