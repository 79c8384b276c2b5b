"""Requests to DynamoDB that need none of moto's engines: reads by key, and writes on a condition that compares.

moto makes every request pass a web framework's objects, parsers of expressions and copies of what it found, which
costs a millisecond a call and several for a page of a hundred items; DynamoDB itself costs its caller none of that.
What is plain here is answered from moto's items as they lie. What is not, and every request that moto would refuse,
gets no answer here, and takes moto's own way: so moto alone says what is wrong with a request. Who asks is this process
alone: types are not checked, and a wrong one fails here instead of at DynamoDB.

One thing is as moto has it and not as DynamoDB has it: a Query that finds its last item as it reaches its Limit says
that there is nothing behind it, where DynamoDB names a place to go on from, behind which nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from local.plain_items import (
    LONGEST_KEYS,
    NotPlain,
    attributes_of,
    delete_at,
    is_integer,
    item_at,
    item_of,
    key_of,
    partition_of,
    plain_value,
    put_attribute,
    putting,
    require,
    size_of,
    table_of,
    text_of,
    written_table,
)

Request = Mapping[str, Any]
"""Parameters as DynamoDB's JSON has them."""
Answer = dict[str, Any]

LARGEST_PAGE = 900_000
"""Bytes of an answer, below the 1 MB of items that a Query may find: a larger one is moto's to cut."""
_NAME = "([A-Za-z][A-Za-z0-9_]*)"
"""Of an attribute that needs no placeholder in an expression."""
_KEY_CONDITION = re.compile(rf"{_NAME} = (:\w+)")
_CONDITION = re.compile(rf"{_NAME} = (:\w+)|attribute_not_exists\({_NAME}\)")
_ADDITION = re.compile(rf"ADD {_NAME} (:\w+)")


def answer_plainly(action: str, request: Request, tables: Mapping[str, Any]) -> Answer | None:
    """What DynamoDB answers, a write being done; None, and nothing done, where moto is to be asked.

    Who sends the answer looks at its size: one of more than LARGEST_PAGE is moto's too.

    Args:
        action: such as "GetItem".
        tables: moto's tables by name.
    """
    answer = _ACTIONS.get(action)
    if answer is None:
        return None
    try:
        return answer(request, tables)
    except NotPlain:
        return None


def _get_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(request.keys() <= {"TableName", "Key", "ConsistentRead"})
    found = item_of(table_of(tables, request["TableName"]), request["Key"])
    return {} if found is None else {"Item": attributes_of(found)}


def _batch_get_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(request.keys() == {"RequestItems"} and len(request["RequestItems"]) == 1)
    responses: dict[str, list[Any]] = {}
    for name, asked in request["RequestItems"].items():
        require(asked.keys() <= {"Keys", "ConsistentRead"})
        table = table_of(tables, name)
        keys = [key_of(table, each) for each in asked["Keys"]]
        require(1 <= len(set(keys)) == len(keys) <= 100)
        responses[name] = [attributes_of(item) for key in keys if (item := item_at(table, key)) is not None]
    return {"Responses": responses, "UnprocessedKeys": {}}


def _query(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(
        request.keys()
        <= {"TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead", "Limit", "Select"}
        | {"ScanIndexForward", "ExclusiveStartKey"}
        and request.get("Select", "COUNT") == "COUNT"
    )
    table = table_of(tables, request["TableName"])
    partition = _queried_partition(table, request)
    forward = request.get("ScanIndexForward", True)
    positions = {key.value: item for key, item in partition.items() if key.type == "S"}
    require(len(positions) == len(partition))
    ordered = sorted(positions, reverse=not forward)
    if "ExclusiveStartKey" in request:
        of, start = key_of(table, request["ExclusiveStartKey"])
        require({"S": of} in request["ExpressionAttributeValues"].values())
        ordered = [each for each in ordered if (each > start if forward else each < start)]
    taken = ordered[: request.get("Limit", len(ordered))]
    items = [attributes_of(positions[each]) for each in taken]
    answer: Answer = {"Count": len(taken), "ScannedCount": len(taken)}
    if "Select" in request:
        require(sum(map(size_of, items)) < LARGEST_PAGE)
    else:
        answer["Items"] = items
    if len(taken) < len(ordered):
        last = positions[taken[-1]]
        names = (table.hash_key_attr, table.range_key_attr)
        answer["LastEvaluatedKey"] = {name: {"S": last.attrs[name].value} for name in names}
    return answer


def _queried_partition(table: Any, request: Request) -> Mapping[Any, Any]:
    """Items of the one partition that a Query asks for, by sort key."""
    condition = _KEY_CONDITION.fullmatch(request.get("KeyConditionExpression", ""))
    values = request.get("ExpressionAttributeValues", {})
    require(condition is not None and request.get("Limit", 1) >= 1)
    assert condition is not None  # noqa: S101
    name, value = condition.groups()
    require(name == table.hash_key_attr and name.upper() not in _reserved() and values.keys() == {value})
    found: Mapping[Any, Any] = partition_of(table, text_of(values[value], LONGEST_KEYS[0]))
    return found


def _put_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(request.keys() <= {"TableName", "Item", "ConditionExpression", "ExpressionAttributeValues"})
    table = written_table(tables, request["TableName"])
    put = putting(table, request["Item"])
    _require_condition(request, item_of(table, request["Item"], whole_item=True), ())
    put()
    return {}


def _delete_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(request.keys() <= {"TableName", "Key", "ConditionExpression", "ExpressionAttributeValues"})
    table = written_table(tables, request["TableName"])
    key = key_of(table, request["Key"])
    _require_condition(request, item_at(table, key), ())
    delete_at(table, key)
    return {}


def _batch_write_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    require(request.keys() == {"RequestItems"} and len(request["RequestItems"]) == 1)
    ((name, entries),) = request["RequestItems"].items()
    table = written_table(tables, name)
    writes: dict[tuple[str, str], Callable[[], None]] = {}
    for entry in entries:
        require(len(entry) == 1 and entry.keys() <= {"PutRequest", "DeleteRequest"})
        ((kind, written),) = entry.items()
        if kind == "PutRequest":
            key, write = key_of(table, written["Item"], whole_item=True), putting(table, written["Item"])
        else:
            key = key_of(table, written["Key"])
            write = _deleting(table, key)
        writes[key] = write
    require(0 < len(writes) == len(entries) <= 25)
    for write in writes.values():
        write()
    return {"UnprocessedItems": {}}


def _update_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    """Adds to a number that is there; all other updates are moto's."""
    require(
        request.keys() <= {"TableName", "Key", "UpdateExpression", "ConditionExpression", "ExpressionAttributeValues"}
    )
    table = written_table(tables, request["TableName"])
    item = item_of(table, request["Key"])
    addition = _ADDITION.fullmatch(request.get("UpdateExpression", ""))
    if item is None or addition is None:
        raise NotPlain
    name, value = addition.groups()
    added = request.get("ExpressionAttributeValues", {}).get(value, {})
    before = item.attrs.get(name)
    require(before is not None and before.type == "N" and name.upper() not in _reserved())
    require(name not in table.attribute_keys and all(map(is_integer, (plain_value(before), added))))
    _require_condition(request, item, (value,))
    put_attribute(item.attrs, name, {"N": str(int(before.value) + int(added["N"]))})
    return {}


_ACTIONS: Mapping[str, Callable[[Request, Mapping[str, Any]], Answer]] = {
    "GetItem": _get_item,
    "BatchGetItem": _batch_get_item,
    "Query": _query,
    "PutItem": _put_item,
    "DeleteItem": _delete_item,
    "BatchWriteItem": _batch_write_item,
    "UpdateItem": _update_item,
}


def _deleting(table: Any, key: tuple[str, str]) -> Callable[[], None]:
    return lambda: delete_at(table, key)


def _require_condition(request: Request, item: Any, used: Iterable[str]) -> None:
    """Requires that the condition holds: a refusal is moto's. `used` are the values that an update takes."""
    parts = list(_conditions(request.get("ConditionExpression")))
    values = request.get("ExpressionAttributeValues", {})
    require(bool(values) or "ExpressionAttributeValues" not in request)
    require({*used, *(value for _, value, _ in parts if value)} == values.keys())
    attributes = {} if item is None else item.attrs
    for name, value, absent in parts:
        require((name or absent).upper() not in _reserved())
        if absent:
            require(absent not in attributes)
        else:
            require(name in attributes and plain_value(attributes[name]) == values[value])


def _conditions(expression: str | None) -> Iterator[tuple[str, str, str]]:
    """Of each part: an attribute and the value it equals, or an attribute that is absent."""
    for part in expression.split(" AND ") if expression is not None else ():
        found = _CONDITION.fullmatch(part)
        if found is None:
            raise NotPlain
        name, value, absent = found.groups(default="")
        yield name, value, absent


@cache
def _reserved() -> frozenset[str]:
    """Words that an expression cannot use as names."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(ReservedKeywords.get_reserved_keywords())
