"""moto's DynamoDB with one partition at a time: the same answers as stock moto, quicker, and one writer at a time."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local import tables
from tests.aws import SESSION


@cache
def _client() -> Any:
    """One for all examples, since it takes longer to make than an example takes."""
    return SESSION.client("dynamodb")


def make_table() -> Any:
    client = _client()
    client.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


keys = st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "3", "11"]))


@settings(max_examples=30)
@given(st.lists(keys, max_size=12), st.sampled_from("abcd"), st.integers(1, 5), st.booleans(), st.booleans())
def test_query_answers_as_stock_moto_does(
    written: list[tuple[str, str]], partition: str, limit: int, forward: bool, some: bool
) -> None:
    asked: dict[str, Any] = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": partition}}}
    if some:
        asked["KeyConditionExpression"] += " AND begins_with(sk, :s)"
        asked["ExpressionAttributeValues"][":s"] = {"S": "1"}

    def pages(client: Any) -> list[Any]:
        found, more = [], {}
        while True:
            answer = client.query(TableName="t", Limit=limit, ScanIndexForward=forward, **asked, **more)
            found.append((answer["Items"], answer.get("LastEvaluatedKey"), answer["Count"]))
            if "LastEvaluatedKey" not in answer:
                return found
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    with mock_aws():
        client = make_table()
        for number, (pk, sk) in enumerate(written):
            client.put_item(TableName="t", Item={"pk": {"S": pk}, "sk": {"S": sk}, "n": {"N": str(number)}})
        stock = pages(client)
        with tables.quick():
            assert pages(client) == stock


scalars = st.one_of(
    st.text().map(lambda text: {"S": text}),
    st.integers(-(10**9), 10**9).map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.binary(min_size=1).map(lambda raw: {"B": raw}),
    st.sets(st.text(min_size=1), min_size=1).map(lambda texts: {"SS": sorted(texts)}),
)
attributes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: {"L": values}),
        st.dictionaries(st.text(min_size=1), inner, max_size=3).map(lambda values: {"M": values}),
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text("abc", min_size=1), attributes, max_size=4))
def test_an_item_comes_back_as_stock_moto_gives_it(more: dict[str, Any]) -> None:
    key = {"pk": {"S": "p"}, "sk": {"S": "s"}}
    with mock_aws():
        client = make_table()
        client.put_item(TableName="t", Item={**key, **more})

        def answers() -> list[Any]:
            return [
                client.get_item(TableName="t", Key=key)["Item"],
                client.batch_get_item(RequestItems={"t": {"Keys": [key]}})["Responses"],
                client.scan(TableName="t")["Items"],
            ]

        stock = answers()
        with tables.quick():
            assert answers() == stock


@given(attributes, attributes)
def test_values_are_the_same_for_whom_stock_moto_finds_so(one: dict[str, Any], other: dict[str, Any]) -> None:
    from moto.dynamodb.models.dynamo_type import DynamoType

    pairs = [(DynamoType(one), DynamoType(each)) for each in (one, other)]
    stock = [a == b for a, b in pairs]
    texts = [hash(each) for pair in pairs for each in pair if each.type == "S"]
    with tables.quick():
        assert [a == b for a, b in pairs] == stock
        assert [hash(each) for pair in pairs for each in pair if each.type == "S"] == texts


def test_query_does_not_look_at_other_partitions() -> None:
    from moto.dynamodb.models.table import Table

    with mock_aws(), tables.quick():
        client = make_table()
        for number in range(30):
            client.put_item(TableName="t", Item={"pk": {"S": str(number)}, "sk": {"S": "s"}})
        seen: list[int] = []
        stock = Table.all_items

        def counted(self: Any) -> Any:
            found = stock(self)
            seen.append(len(list(found)))
            return found

        Table.all_items = counted  # type: ignore[method-assign]
        try:
            client.query(TableName="t", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "7"}})
        finally:
            Table.all_items = stock  # type: ignore[method-assign]
        assert max(seen, default=0) <= 1


def test_of_writers_with_one_condition_one_wins() -> None:
    with mock_aws(), tables.quick():
        client = make_table()
        won: list[int] = []

        def claim(number: int) -> None:
            try:
                client.put_item(
                    TableName="t",
                    Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "by": {"N": str(number)}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError:
                return
            won.append(number)

        threads = [threading.Thread(target=claim, args=[number]) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
