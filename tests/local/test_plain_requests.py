"""What is answered without moto's engines: the same answers, errors and items as stock moto's, request by request."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local import plain_requests, tables
from tests.local.test_tables import make_table, scalars

partitions = st.sampled_from(["a", "b", "ü#"])
positions = st.sampled_from(["1", "2", "3", "11", "é"])
keys = st.builds(lambda pk, sk: {"pk": {"S": pk}, "sk": {"S": sk}}, partitions, positions)
numbers = st.sampled_from(["0", "7", "-3", "007", "1.5", "1e3"]).map(lambda text: {"N": text})
plain = st.one_of(st.sampled_from(["", "x", "ö"]).map(lambda text: {"S": text}), numbers, st.just({"BOOL": True}))
items = st.builds(
    lambda key, more: {**key, **more},
    keys,
    st.dictionaries(st.sampled_from(["n", "revision", "status", "deleting"]), st.one_of(plain, scalars), max_size=3),
)
parts = st.one_of(
    st.sampled_from(["attribute_not_exists(pk)", "attribute_not_exists(deleting)", "attribute_exists(n)"]),
    st.sampled_from(["n = :n", "revision = :r", "status = :n", "n <> :n", "revision=:r"]),
)


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(parts, min_size=1, max_size=2, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {name: plain for name in (":n", ":r") if any(name in part for part in chosen)}
        ).map(
            lambda values: {
                "ConditionExpression": " AND ".join(chosen),
                **({"ExpressionAttributeValues": values} if values else {}),
            }
        )
    )


conditioned = st.one_of(st.just({}), conditions())
table = {"TableName": "t"}
puts = st.builds(lambda item, more: ("put_item", {**table, "Item": item, **more}), items, conditioned)
deletes = st.builds(lambda key, more: ("delete_item", {**table, "Key": key, **more}), keys, conditioned)
batches = st.lists(
    st.one_of(
        items.map(lambda item: {"PutRequest": {"Item": item}}),
        keys.map(lambda key: {"DeleteRequest": {"Key": key}}),
    ),
    min_size=1,
    max_size=3,
).map(lambda entries: ("batch_write_item", {"RequestItems": {"t": entries}}))


@st.composite
def updates(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    condition = draw(conditioned)
    values = {**condition.get("ExpressionAttributeValues", {}), ":one": draw(plain)}
    expression = draw(st.sampled_from(["ADD revision :one", "ADD n :one", "ADD status :one", "SET n = :one"]))
    return "update_item", {
        **table,
        "Key": draw(keys),
        **condition,
        "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
    }


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    partition = draw(partitions)
    optional = {
        "Limit": st.integers(1, 4),
        "ScanIndexForward": st.booleans(),
        "Select": st.sampled_from(["COUNT", "ALL_ATTRIBUTES"]),
        "ExclusiveStartKey": st.builds(
            lambda pk, sk: {"pk": {"S": pk}, "sk": {"S": sk}}, st.one_of(st.just(partition), partitions), positions
        ),
    }
    asked = draw(st.fixed_dictionaries({}, optional=optional))
    condition = draw(st.sampled_from(["pk = :p", "pk=:p"]))
    return "query", {
        **table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {":p": {"S": partition}},
        **asked,
    }


reads = st.one_of(
    keys.map(lambda key: ("get_item", {**table, "Key": key, "ConsistentRead": True})),
    st.lists(keys, min_size=1, max_size=3).map(
        lambda several: ("batch_get_item", {"RequestItems": {"t": {"Keys": several}}})
    ),
    queries(),
)
requests = st.one_of(puts, deletes, batches, updates(), reads)


KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def answered(action: str, **asked: Any) -> Any:
    """What a request to the table, or a batch, is answered with here; None where moto is to be asked."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    present = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
    if "t" not in present:
        make_table()
    return plain_requests.answer_plainly(action, asked if "RequestItems" in asked else {**table, **asked}, present)


def outcome(client: Any, name: str, asked: dict[str, Any]) -> Any:
    try:
        answer = getattr(client, name)(**asked)
    except ClientError as error:
        return error.response["Error"]
    except Exception as error:
        # moto itself failing is an answer too.
        return repr(error)
    # Nobody asked for these, and DynamoDB does not tell them unasked.
    told = {"ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"}
    return {member: value for member, value in answer.items() if member not in told}


def play(asked: list[tuple[str, dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    client = make_table()
    outcomes = [outcome(client, name, parameters) for name, parameters in asked]
    return outcomes, client.scan(TableName="t")["Items"]


@settings(max_examples=60)
@given(st.lists(requests, max_size=12))
def test_requests_are_answered_and_items_kept_as_stock_moto_does(asked: list[tuple[str, dict[str, Any]]]) -> None:
    with mock_aws():
        stock = play(asked)
    with mock_aws(), tables.quick():
        assert play(asked) == stock


PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("put_item", {**table, "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}, "revision": {"N": "0"}}}),
    (
        "put_item",
        {
            **table,
            "Item": {"pk": {"S": "a"}, "sk": {"S": "2"}, "n": {"S": "ö"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        },
    ),
    (
        "update_item",
        {
            **table,
            "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}},
            "UpdateExpression": "ADD revision :one",
            "ConditionExpression": "revision = :r AND attribute_not_exists(deleting)",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":r": {"N": "0"}},
        },
    ),
    ("get_item", {**table, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}, "ConsistentRead": True}),
    ("batch_get_item", {"RequestItems": {"t": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "1"}}]}}}),
    (
        "query",
        {
            **table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "a"}},
            "Limit": 1,
        },
    ),
    ("batch_write_item", {"RequestItems": {"t": [{"DeleteRequest": {"Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}}]}}),
    (
        "delete_item",
        {
            **table,
            "Key": {"pk": {"S": "a"}, "sk": {"S": "2"}},
            "ConditionExpression": "n = :n",
            "ExpressionAttributeValues": {":n": {"S": "ö"}},
        },
    ),
]


def test_what_the_resources_table_asks_never_reaches_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.dynamodb.responses import DynamoHandler

    with mock_aws(), tables.quick():
        client = make_table()
        with monkeypatch.context() as closed:
            closed.delattr(DynamoHandler, "call_action")
            closed.setattr(DynamoHandler, "call_action", lambda self: 1 / 0, raising=False)
            for name, asked in PLAIN:
                getattr(client, name)(**asked)
        assert client.scan(TableName="t")["Items"] == []


@pytest.mark.parametrize("size", [389_000, 404_000, 420_000])
def test_an_item_is_too_large_where_stock_moto_says_so(size: int) -> None:
    asked = [("put_item", {**table, "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}, "n": {"S": "ü" * (size // 2)}}})]
    with mock_aws():
        stock = play(asked)
    with mock_aws(), tables.quick():
        assert play(asked) == stock


def test_a_page_ends_at_a_megabyte_as_stock_moto_has_it() -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("put_item", {**table, "Item": {"pk": {"S": "a"}, "sk": {"S": str(number)}, "n": {"S": "x" * 300_000}}})
        for number in range(5)
    ]
    asked.append(
        ("query", {**table, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}})
    )
    with mock_aws():
        stock = play(asked)
    assert "LastEvaluatedKey" in stock[0][-1]
    with mock_aws(), tables.quick():
        assert play(asked) == stock


def test_a_request_that_is_not_plain_changes_nothing_here() -> None:
    with mock_aws(), tables.quick():
        client = make_table()
        client.put_item(TableName="t", Item={"pk": {"S": "a"}, "sk": {"S": "1"}, "l": {"L": []}})
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.dynamodb.models import dynamodb_backends

        present = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables
        for action, asked in (
            ("PutItem", {"TableName": "t", "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}, "n": {"L": []}}}),
            ("PutItem", {"TableName": "other", "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}}}),
            ("GetItem", {"TableName": "t", "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}),
            ("GetItem", {"TableName": "t", "Key": {"pk": {"S": "a"}}}),
            ("Scan", {"TableName": "t"}),
        ):
            assert plain_requests.answer_plainly(action, asked, present) is None
        assert client.scan(TableName="t")["Items"] == [{"pk": {"S": "a"}, "sk": {"S": "1"}, "l": {"L": []}}]


@pytest.mark.parametrize("number", ["007", "-0", "+1", "\u0663", "1e3", "1.0"])
def test_a_number_that_dynamodb_would_write_otherwise_or_refuse_is_not_plain(number: str) -> None:
    with mock_aws(), tables.quick():
        assert answered("PutItem", Item={**KEY, "n": {"N": number}}) is None


@pytest.mark.parametrize("name", ["_n", "1n", "ñ", "n-n", "size"])
def test_a_name_that_dynamodb_wants_a_placeholder_for_is_not_plain(name: str) -> None:
    with mock_aws(), tables.quick():
        item = {**KEY, name: {"S": "x"}}
        assert answered("PutItem", Item=item) == {}
        condition = {"ConditionExpression": f"{name} = :n", "ExpressionAttributeValues": {":n": {"S": "x"}}}
        assert answered("PutItem", Item=item, **condition) is None


def test_what_dynamodb_refuses_for_its_shape_is_not_plain() -> None:
    both = {"PutRequest": {"Item": KEY}, "DeleteRequest": {"Key": KEY}}
    with mock_aws(), tables.quick():
        assert answered("PutItem", Item=KEY, ExpressionAttributeValues={}) is None
        assert answered("BatchGetItem", RequestItems={"t": {"Keys": []}}) is None
        assert answered("BatchGetItem", RequestItems={}) is None
        for entry in ({"UpdateRequest": {"Key": KEY}}, both, {}):
            assert answered("BatchWriteItem", RequestItems={"t": [entry]}) is None
        assert answered("PutItem", Item={**KEY, "": {"S": "x"}}) is None
