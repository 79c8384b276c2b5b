"""Requests to DynamoDB that need none of moto's engines: reads by key, and writes on a condition that compares.

moto makes every request pass a web framework's objects, parsers of expressions and copies of what it found, which
costs a millisecond a call and several for a page of a hundred items; DynamoDB itself costs its caller none of that.
What is plain here is answered from moto's items as they lie. What is not, and every request that moto would refuse,
gets no answer here, and takes moto's own way: so moto alone says what is wrong with a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

Request = Mapping[str, Any]
"""Parameters as DynamoDB's JSON has them."""
Answer = dict[str, Any]
Attributes = Mapping[str, Mapping[str, Any]]

_PLAIN_TYPES = frozenset({"S", "N", "BOOL"})
_NUMBER = re.compile(r"-?\d{1,30}")
_KEY_CONDITION = re.compile(r"(\w+) = (:\w+)")
_CONDITION = re.compile(r"(\w+) = (:\w+)|attribute_not_exists\((\w+)\)")
_ADDITION = re.compile(r"ADD (\w+) (:\w+)")
LARGEST_PAGE = 900_000
"""Bytes of an answer, below the 1 MB of items that a Query may find: a larger one is moto's to cut."""
_LARGEST_ITEM = 390_000
"""Bytes of an item, below DynamoDB's 400 KB: a larger one is moto's to weigh."""
_LONGEST_KEYS = (2048, 1024)
"""Bytes of partition and sort key. Source: DynamoDB's constraints."""


class _NotPlain(Exception):
    """The request is for moto itself."""


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
    except _NotPlain:
        return None


def _get_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(request.keys() <= {"TableName", "Key", "ConsistentRead"})
    found = _find(_table(tables, request["TableName"]), request["Key"])
    return {} if found is None else {"Item": _attributes(found)}


def _batch_get_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(request.keys() == {"RequestItems"})
    responses: dict[str, list[Any]] = {}
    for name, asked in request["RequestItems"].items():
        _require(asked.keys() <= {"Keys", "ConsistentRead"})
        table = _table(tables, name)
        keys = [_key(table, each) for each in asked["Keys"]]
        _require(len(set(keys)) == len(keys) <= 100 and len(request["RequestItems"]) == 1)
        responses[name] = [_attributes(item) for key in keys if (item := _at(table, key)) is not None]
    return {"Responses": responses, "UnprocessedKeys": {}}


def _query(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(
        request.keys()
        <= {"TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ConsistentRead", "Limit", "Select"}
        | {"ScanIndexForward", "ExclusiveStartKey"}
        and request.get("Select", "COUNT") == "COUNT"
    )
    table = _table(tables, request["TableName"])
    partition = _queried_partition(table, request)
    forward = request.get("ScanIndexForward", True)
    positions = {key.value: item for key, item in partition.items() if key.type == "S"}
    _require(len(positions) == len(partition))
    ordered = sorted(positions, reverse=not forward)
    if "ExclusiveStartKey" in request:
        _, start = _key(table, request["ExclusiveStartKey"])
        ordered = [each for each in ordered if (each > start if forward else each < start)]
    taken = ordered[: request.get("Limit", len(ordered))]
    items = [_attributes(positions[each]) for each in taken]
    answer: Answer = {"Count": len(taken), "ScannedCount": len(taken)}
    if "Select" in request:
        _require(sum(map(_size, items)) < LARGEST_PAGE)
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
    _require(condition is not None and request.get("Limit", 1) >= 1)
    assert condition is not None  # noqa: S101
    name, value = condition.groups()
    _require(name == table.hash_key_attr and values.keys() == {value})
    found: Mapping[Any, Any] = _partition(table, _key_text(values[value], _LONGEST_KEYS[0]))
    return found


def _put_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(request.keys() <= {"TableName", "Item", "ConditionExpression", "ExpressionAttributeValues"})
    table = _written(tables, request["TableName"])
    put = _putting(table, request["Item"])
    _require_condition(request, _find(table, request["Item"], whole_item=True), ())
    put()
    return {}


def _delete_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(request.keys() <= {"TableName", "Key", "ConditionExpression", "ExpressionAttributeValues"})
    table = _written(tables, request["TableName"])
    key = _key(table, request["Key"])
    _require_condition(request, _at(table, key), ())
    _delete(table, key)
    return {}


def _batch_write_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    _require(request.keys() == {"RequestItems"} and len(request["RequestItems"]) == 1)
    ((name, entries),) = request["RequestItems"].items()
    table = _written(tables, name)
    writes: dict[tuple[str, str], Callable[[], None]] = {}
    for entry in entries:
        ((kind, written),) = entry.items()
        if kind == "PutRequest":
            key, write = _key(table, written["Item"], whole_item=True), _putting(table, written["Item"])
        else:
            key = _key(table, written["Key"])
            write = _deleting(table, key)
        writes[key] = write
    _require(0 < len(writes) == len(entries) <= 25)
    for write in writes.values():
        write()
    return {"UnprocessedItems": {}}


def _update_item(request: Request, tables: Mapping[str, Any]) -> Answer:
    """Adds to a number that is there; all other updates are moto's."""
    _require(
        request.keys() <= {"TableName", "Key", "UpdateExpression", "ConditionExpression", "ExpressionAttributeValues"}
    )
    table = _written(tables, request["TableName"])
    item = _find(table, request["Key"])
    addition = _ADDITION.fullmatch(request.get("UpdateExpression", ""))
    if item is None or addition is None:
        raise _NotPlain
    name, value = addition.groups()
    added = request.get("ExpressionAttributeValues", {}).get(value, {})
    before = item.attrs.get(name)
    _require(before is not None and before.type == "N" and name.upper() not in _reserved())
    _require(name not in table.attribute_keys and all(map(_is_integer, (_plain(before), added))))
    _require_condition(request, item, (value,))
    _put(item.attrs, name, {"N": str(int(before.value) + int(added["N"]))})
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


def _require(plain: bool) -> None:
    if not plain:
        raise _NotPlain


def _table(tables: Mapping[str, Any], name: str) -> Any:
    """A table with a sort key, both of whose keys are texts."""
    table = tables.get(name)
    if table is None or (table.hash_key_type, table.range_key_type) != ("S", "S"):
        raise _NotPlain
    return table


def _written(tables: Mapping[str, Any], name: str) -> Any:
    """The same, and nobody else has to hear of writes."""
    table = _table(tables, name)
    _require(not table.indexes and not table.global_indexes and table.stream_shard is None)
    return table


def _key(table: Any, given: Attributes, *, whole_item: bool = False) -> tuple[str, str]:
    names = (table.hash_key_attr, table.range_key_attr)
    _require(all(name in given for name in names) and (whole_item or len(given) == 2))
    partition, position = (_key_text(given[name], longest) for name, longest in zip(names, _LONGEST_KEYS, strict=True))
    return partition, position


def _key_text(value: Mapping[str, Any], longest: int) -> str:
    text = value.get("S")
    if len(value) != 1 or type(text) is not str or not 1 <= _bytes(text) <= longest:
        raise _NotPlain
    return text


def _text(text: str) -> Any:
    """A text as moto has it, made without looking what it might be."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    made = DynamoType.__new__(DynamoType)
    made.type, made.value = "S", text
    return made


def _partition(table: Any, text: str) -> dict[Any, Any]:
    found: dict[Any, Any] = table.items.get(_text(text), {})
    return found


def _at(table: Any, key: tuple[str, str]) -> Any:
    return _partition(table, key[0]).get(_text(key[1]))


def _find(table: Any, given: Attributes, *, whole_item: bool = False) -> Any:
    """moto's item of this key; None where there is none."""
    return _at(table, _key(table, given, whole_item=whole_item))


def _attributes(item: Any) -> dict[str, dict[str, Any]]:
    return {name: _plain(value) for name, value in item.attrs.items()}


def _plain(value: Any) -> dict[str, Any]:
    if value.type not in _PLAIN_TYPES:
        raise _NotPlain
    return {value.type: value.value}


def _size(attributes: Attributes) -> int:
    """Bytes, a truth value counted as its word."""
    return sum(_bytes(name) + _bytes(str(each)) for name, value in attributes.items() for each in value.values())


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _putting(table: Any, attributes: Attributes) -> Callable[[], None]:
    """The write of an item whose attributes are all plain."""
    from moto.dynamodb.models.dynamo_type import Item

    partition, position = _key(table, attributes, whole_item=True)
    for value in attributes.values():
        ((kind, inner),) = value.items()
        _require((kind == "S" and type(inner) is str) or (kind == "BOOL" and type(inner) is bool) or _is_integer(value))
    _require(_size(attributes) < _LARGEST_ITEM)

    def put() -> None:
        item = Item(_text(partition), _text(position), {})
        for name, value in attributes.items():
            _put(item.attrs, name, value)
        table.items[item.hash_key][item.range_key] = item

    return put


def _put(attributes: Any, name: str, value: Mapping[str, Any]) -> None:
    """Past the check of an item's size, which moto makes at each attribute."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    dict.__setitem__(attributes, name, DynamoType(dict(value)))


def _deleting(table: Any, key: tuple[str, str]) -> Callable[[], None]:
    return lambda: _delete(table, key)


def _delete(table: Any, key: tuple[str, str]) -> None:
    _partition(table, key[0]).pop(_text(key[1]), None)


def _is_integer(value: Mapping[str, Any]) -> bool:
    """Whether it is a number that moto keeps as it is written."""
    text = value.get("N")
    return len(value) == 1 and type(text) is str and _NUMBER.fullmatch(text) is not None


def _require_condition(request: Request, item: Any, used: Iterable[str]) -> None:
    """Requires that the condition holds: a refusal is moto's. `used` are the values that an update takes."""
    parts = list(_conditions(request.get("ConditionExpression")))
    values = request.get("ExpressionAttributeValues", {})
    _require({*used, *(value for _, value, _ in parts if value)} == values.keys())
    attributes = {} if item is None else item.attrs
    for name, value, absent in parts:
        _require((name or absent).upper() not in _reserved())
        if absent:
            _require(absent not in attributes)
        else:
            _require(name in attributes and _plain(attributes[name]) == values[value])


def _conditions(expression: str | None) -> Iterator[tuple[str, str, str]]:
    """Of each part: an attribute and the value it equals, or an attribute that is absent."""
    for part in expression.split(" AND ") if expression is not None else ():
        found = _CONDITION.fullmatch(part)
        if found is None:
            raise _NotPlain
        name, value, absent = found.groups(default="")
        yield name, value, absent


@cache
def _reserved() -> frozenset[str]:
    """Words that an expression cannot use as names."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(ReservedKeywords.get_reserved_keywords())
