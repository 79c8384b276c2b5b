"""Filters: checked against their group when they are created, echoed as sent, and gone when nothing needs them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from reco.arns import Kind
from reco.control.filters import GROUP_COLUMNS_LIMIT, checked_in
from reco.filters.parsing import parse
from tests.control.conftest import INTERACTIONS, TRANSITION_S, Bench, refused
from tests.control.jobs import ready
from tests.schemas import column, schema_text

SEEN = 'EXCLUDE  ItemID WHERE Interactions.event_type IN ("click", $E)'
CHEAP = "INCLUDE ItemID WHERE Items.PRICE <= $MAX | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($E)"
ITEMS = schema_text(
    "Items",
    column("ITEM_ID", "string"),
    column("PRICE", "float"),
    column("ON_SALE", "boolean"),
    *(column(f"C{number}", ["float", "null"]) for number in range(30)),
)
IIE = "InvalidInputException"
LEE = "LimitExceededException"
RIU = "ResourceInUseException"
RNF = "ResourceNotFoundException"


@pytest.fixture
def group(bench: Bench) -> str:
    """A group with interactions and items, and without users."""
    arn = bench.group()
    bench.dataset(arn, bench.schema("i", INTERACTIONS))
    bench.dataset(arn, bench.schema("t", ITEMS), "Items")
    return arn


def create(bench: Bench, group: str, name: str = "f", expression: str = SEEN, **more: Any) -> str:
    answer = bench.client.create_filter(name=name, datasetGroupArn=group, filterExpression=expression, **more)
    return str(answer["filterArn"])


def refusal(bench: Bench, group: str, expression: str = SEEN, code: str = IIE, **more: Any) -> str:
    asked = {"name": "f", "datasetGroupArn": group, "filterExpression": expression, **more}
    return refused(code, bench.client.create_filter, **asked)


def shown(bench: Bench, arn: str) -> dict[str, Any]:
    described: dict[str, Any] = bench.client.describe_filter(filterArn=arn)["filter"]
    return described


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_a_filter_is_described_as_it_was_sent_through_all_its_statuses(bench: Bench, group: str) -> None:
    made = bench.now
    arn = create(bench, group, "cheap", CHEAP)
    assert arn == bench.arn(Kind.FILTER, "cheap")

    for status, since in (("CREATE PENDING", 0.0), ("CREATE IN_PROGRESS", TRANSITION_S), ("ACTIVE", 2 * TRANSITION_S)):
        assert shown(bench, arn) == {
            "name": "cheap",
            "filterArn": arn,
            "creationDateTime": at(made),
            "lastUpdatedDateTime": at(made + since),
            "datasetGroupArn": group,
            "filterExpression": CHEAP,
            "status": status,
        }
        bench.pass_time(TRANSITION_S)


def test_members_come_in_the_models_order(bench: Bench, group: str) -> None:
    arn = create(bench, group)
    head = ["name", "filterArn", "creationDateTime", "lastUpdatedDateTime", "datasetGroupArn"]
    assert list(shown(bench, arn)) == [*head, "filterExpression", "status"]
    (summary,) = bench.client.list_filters(datasetGroupArn=group)["Filters"]
    assert list(summary) == [*head, "status"]


def test_filters_are_listed_oldest_first_by_group_and_account_wide(bench: Bench, group: str) -> None:
    arns = []
    for name in ("c", "a", "b"):
        arns.append(create(bench, group, name))
        bench.pass_time(1)
    other = bench.group("other")

    def listed(**asked: Any) -> list[str]:
        pages = bench.client.get_paginator("list_filters").paginate(PaginationConfig={"PageSize": 2}, **asked)
        return [each["filterArn"] for page in pages for each in page["Filters"]]

    assert listed(datasetGroupArn=group) == listed() == arns
    assert listed(datasetGroupArn=other) == []
    assert listed(datasetGroupArn=bench.arn(Kind.DATASET_GROUP, "none")) == []
    refused(IIE, bench.client.list_filters, datasetGroupArn=arns[0])
    refused("InvalidNextTokenException", bench.client.list_filters, nextToken="abc")


def test_the_checked_tree_is_stored_beside_the_expression(bench: Bench, group: str) -> None:
    create(bench, group)
    checked = checked_in(bench.stored(Kind.FILTER, "f"))

    assert checked.tree == parse(SEEN.replace("event_type", "EVENT_TYPE"))
    assert checked.types == {("INTERACTIONS", "EVENT_TYPE"): "string"}
    assert checked.tree.placeholders == ("E",)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("INCLUDE ItemID WHERE Items.PRICE < ", "Invalid Expression. At character 36: The expression ends here;"),
        ("INCLUDE ItemID Items.PRICE < 1", "Invalid input symbol: Items. At character 16, expected WHERE."),
        (
            "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ($E)",
            "Invalid input symbol: $E. Placeholders are not allowed with NOT_IN operator.",
        ),
        ("INCLUDE ItemID WHERE Items.ON_SALE = 1", "Invalid Expression. At character 22: Items.ON_SALE is boolean"),
        ("INCLUDE ItemID WHERE Items.COLOUR = 1", "the group's ITEMS dataset has no column COLOUR; it has ITEM_ID,"),
        ("INCLUDE UserID WHERE Users.AGE > 1", "Users.AGE needs a dataset of type USERS; the group has none."),
        ("INCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > 1", "CurrentUser.AGE needs a dataset of type"),
    ],
)  # fmt: skip
def test_an_expression_that_does_not_fit_is_refused_and_leaves_nothing(
    bench: Bench, group: str, expression: str, said: str
) -> None:
    message = refusal(bench, group, expression)

    assert message.startswith("Could not create filter. ")
    assert said in message
    assert bench.client.list_filters()["Filters"] == []


def test_2500_characters_are_taken_and_2501_refused(bench: Bench, group: str) -> None:
    create(bench, group, expression=SEEN + " " * (2500 - len(SEEN)))
    assert "2500" in refusal(bench, group, SEEN + " " * (2501 - len(SEEN)), name="g")


def test_the_group_must_be_there_and_active(bench: Bench, group: str) -> None:
    new = bench.client.create_dataset_group(name="new")["datasetGroupArn"]
    assert "must be ACTIVE; its status is CREATE PENDING" in refusal(bench, new)
    refusal(bench, bench.arn(Kind.DATASET_GROUP, "none"), code=RNF)
    refusal(bench, group.replace(":123456789012:", ":210987654321:"), code=RNF)
    refusal(bench, bench.arn(Kind.SOLUTION, "g"))


def test_a_dataset_that_is_being_deleted_is_there_no_more(bench: Bench, group: str) -> None:
    bench.client.delete_dataset(datasetArn=bench.arn(Kind.DATASET, "g/ITEMS"))
    assert "the group has none" in refusal(bench, group, CHEAP)
    create(bench, group)


def test_a_dataset_deleted_while_the_filter_is_written_takes_the_filter_back(
    bench: Bench, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = bench.table.create

    def write_late(resource: Any) -> Any:
        bench.client.delete_dataset(datasetArn=bench.arn(Kind.DATASET, "g/ITEMS"))
        return write(resource)

    with monkeypatch.context() as patched:
        patched.setattr(bench.table, "create", write_late)
        assert "dataset/g/ITEMS is being deleted" in refusal(bench, group, CHEAP)

    assert bench.client.list_filters()["Filters"] == []


def test_a_schema_that_goes_while_it_is_looked_up_is_not_blamed_on_the_caller(
    bench: Bench, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, old, new = bench.arn(Kind.DATASET, "g/ITEMS"), bench.arn(Kind.SCHEMA, "t"), bench.schema("u", ITEMS)
    read = bench.table.get
    looked_up: list[str] = []

    def read_late(kind: Kind, resource_id: str) -> Any:
        if (kind, resource_id) == (Kind.SCHEMA, "t") and not looked_up:
            looked_up.append(resource_id)
            bench.client.update_dataset(datasetArn=dataset, schemaArn=new)
            bench.client.delete_schema(schemaArn=old)
        return read(kind, resource_id)

    with monkeypatch.context() as patched:
        patched.setattr(bench.table, "get", read_late)
        assert f"{dataset} has just been given another schema; try again." in refusal(bench, group, CHEAP)

    create(bench, group, expression=CHEAP)


def test_a_name_is_the_accounts_own_and_free_again_after_the_delete(bench: Bench, group: str) -> None:
    arn = create(bench, group)
    other = bench.group("other")
    bench.dataset(other, bench.arn(Kind.SCHEMA, "i"))
    exists = f"Another resource with Arn {arn} already exists."
    assert refusal(bench, group, code="ResourceAlreadyExistsException") == exists
    assert refusal(bench, other, code="ResourceAlreadyExistsException") == exists

    bench.client.delete_filter(filterArn=arn)
    for status in ("DELETE PENDING", "DELETE IN_PROGRESS"):
        assert shown(bench, arn)["status"] == status
        assert [each["status"] for each in bench.client.list_filters()["Filters"]] == [status]
        refused(RIU, bench.client.delete_filter, filterArn=arn)
        bench.pass_time(TRANSITION_S)
    refused(RNF, bench.client.describe_filter, filterArn=arn)
    refused(RNF, bench.client.delete_filter, filterArn=arn)
    create(bench, other)


def test_a_filter_that_is_being_made_cannot_be_deleted(bench: Bench, group: str) -> None:
    arn = create(bench, group)
    assert "CREATE PENDING" in refused(RIU, bench.client.delete_filter, filterArn=arn)
    bench.pass_time(TRANSITION_S)
    assert "CREATE IN_PROGRESS" in refused(RIU, bench.client.delete_filter, filterArn=arn)


@pytest.mark.parametrize("kind", ["batch_inference_job", "batch_segment_job"])
def test_a_filter_stays_while_a_batch_job_works_with_it(bench: Bench, kind: str) -> None:
    made = ready(bench)
    target = "UserID" if kind == "batch_segment_job" else "ItemID"
    arn = create(bench, made.shop.group, expression=SEEN.replace("ItemID", target))
    bench.settle()
    job = made.create(kind, "j", filterArn=arn)

    for status in ("CREATE PENDING", "CREATE IN_PROGRESS"):
        message = refused(RIU, bench.client.delete_filter, filterArn=arn)
        assert f"in use by {job}, which is {status}" in message
        bench.pass_time(TRANSITION_S)
    bench.client.delete_filter(filterArn=arn)


def test_a_batch_job_that_is_written_while_its_filter_is_deleted_is_taken_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ready(bench)
    arn = create(bench, made.shop.group)
    bench.settle()
    write = bench.table.create

    def write_late(resource: Any) -> Any:
        bench.client.delete_filter(filterArn=arn)
        return write(resource)

    asked = {**made.asked("batch_inference_job")[1], "jobName": "j", "filterArn": arn}
    with monkeypatch.context() as patched:
        patched.setattr(bench.table, "create", write_late)
        assert f"{arn} is being deleted" in refused(RIU, bench.client.create_batch_inference_job, **asked)

    assert bench.client.list_batch_inference_jobs()["batchInferenceJobs"] == []


def test_a_group_stays_while_it_holds_a_filter(bench: Bench, group: str) -> None:
    arn = create(bench, group)
    bench.settle()
    for dataset_type in ("ITEMS", "INTERACTIONS"):
        bench.client.delete_dataset(datasetArn=bench.arn(Kind.DATASET, f"g/{dataset_type}"))
    bench.settle()

    message = refused(RIU, bench.client.delete_dataset_group, datasetGroupArn=group)
    assert f"still holds {arn}" in message
    bench.client.delete_filter(filterArn=arn)
    bench.settle()
    bench.client.delete_dataset_group(datasetGroupArn=group)


def test_tags_are_kept_and_never_described(bench: Bench, group: str) -> None:
    arn = create(bench, group, tags=[{"tagKey": "team", "tagValue": "shop"}])
    assert bench.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"tagKey": "team", "tagValue": "shop"}]
    assert "tags" not in shown(bench, arn)
    too_many = [{"tagKey": f"k{number}", "tagValue": ""} for number in range(51)]
    refusal(bench, group, code="TooManyTagsException", name="g", tags=too_many)


def test_the_21st_column_of_a_groups_filters_is_refused(bench: Bench, group: str) -> None:
    def using(numbers: range) -> str:
        return "INCLUDE ItemID WHERE " + " AND ".join(f"Items.C{number} > 1" for number in numbers)

    create(bench, group, "first", using(range(10)))
    create(bench, group, "second", using(range(10, GROUP_COLUMNS_LIMIT)))
    create(bench, group, "again", using(range(5, 15)))
    message = refusal(bench, group, using(range(19, 21)), LEE, name="third")
    assert "at most 20 different columns of its datasets; this one would make 21" in message
    refusal(bench, group, using(range(10)), "ResourceAlreadyExistsException", name="first")
    assert "at most 10 different columns; this uses 11" in refusal(bench, group, using(range(11)), name="wide")

    bench.settle()
    bench.client.delete_filter(filterArn=bench.arn(Kind.FILTER, "first"))
    create(bench, group, "third", using(range(18, 22)))


@pytest.mark.parametrize("operation", ["describe_filter", "delete_filter"])
def test_an_arn_of_another_kind_or_owner_is_refused(bench: Bench, group: str, operation: str) -> None:
    arn = create(bench, group)
    call = getattr(bench.client, operation)
    assert "filterArn must be the ARN of a filter" in refused(IIE, call, filterArn=group)
    refused(RNF, call, filterArn=arn.replace(":123456789012:", ":210987654321:"))
    refused(RNF, call, filterArn=bench.arn(Kind.FILTER, "none"))


def test_only_who_creates_a_filter_loads_the_parsers_library(
    bench: Bench, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = create(bench, group)
    bench.settle()
    for module in [each for each in sys.modules if each.partition(".")[0] == "lark" or each == "reco.filters.parsing"]:
        monkeypatch.delitem(sys.modules, module)

    bench.client.list_filters(datasetGroupArn=group)
    bench.client.describe_filter(filterArn=arn)
    bench.client.delete_filter(filterArn=arn)
    assert checked_in(bench.stored(Kind.FILTER, "f")).tree.placeholders == ("E",)
    assert "lark" not in sys.modules
    create(bench, group, "g")
    assert "lark" in sys.modules
