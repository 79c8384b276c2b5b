"""moto's items of a table as they lie, found by their keys: read and written without moto's engines.

Keys are texts, and attributes are plain: texts, whole numbers and truth values, which are the same on the wire and in
moto. Whatever is otherwise raises NotPlain, and is moto's own to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]
"""An item, or its key, as DynamoDB's JSON has it."""

_PLAIN_TYPES = frozenset({"S", "N", "BOOL"})
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,29}")
_LARGEST_ITEM = 390_000
"""Bytes of an item, below DynamoDB's 400 KB: a larger one is moto's to weigh."""
LONGEST_KEYS = (2048, 1024)
"""Bytes of partition and sort key. Source: DynamoDB's constraints."""


class NotPlain(Exception):
    """The request is for moto itself."""


def require(plain: bool) -> None:
    if not plain:
        raise NotPlain


def table_of(tables: Mapping[str, Any], name: str) -> Any:
    """A table with a sort key, both of whose keys are texts."""
    table = tables.get(name)
    if table is None or (table.hash_key_type, table.range_key_type) != ("S", "S"):
        raise NotPlain
    return table


def written_table(tables: Mapping[str, Any], name: str) -> Any:
    """The same, and nobody else has to hear of writes."""
    table = table_of(tables, name)
    require(not table.indexes and not table.global_indexes and table.stream_shard is None)
    return table


def key_of(table: Any, given: Attributes, *, whole_item: bool = False) -> tuple[str, str]:
    names = (table.hash_key_attr, table.range_key_attr)
    require(all(name in given for name in names) and (whole_item or len(given) == 2))
    partition, position = (text_of(given[name], longest) for name, longest in zip(names, LONGEST_KEYS, strict=True))
    return partition, position


def text_of(value: Mapping[str, Any], longest: int) -> str:
    text = value.get("S")
    if len(value) != 1 or type(text) is not str or not 1 <= _bytes(text) <= longest:
        raise NotPlain
    return text


def _as_kept(text: str) -> Any:
    """A text as moto has it, made without looking what it might be."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    made = DynamoType.__new__(DynamoType)
    made.type, made.value = "S", text
    return made


def partition_of(table: Any, text: str) -> dict[Any, Any]:
    found: dict[Any, Any] = table.items.get(_as_kept(text), {})
    return found


def item_at(table: Any, key: tuple[str, str]) -> Any:
    return partition_of(table, key[0]).get(_as_kept(key[1]))


def item_of(table: Any, given: Attributes, *, whole_item: bool = False) -> Any:
    """moto's item of this key; None where there is none."""
    return item_at(table, key_of(table, given, whole_item=whole_item))


def attributes_of(item: Any) -> dict[str, dict[str, Any]]:
    return {name: plain_value(value) for name, value in item.attrs.items()}


def plain_value(value: Any) -> dict[str, Any]:
    if value.type not in _PLAIN_TYPES:
        raise NotPlain
    return {value.type: value.value}


def size_of(attributes: Attributes) -> int:
    """Bytes, a truth value counted as its word."""
    return sum(_bytes(name) + _bytes(str(each)) for name, value in attributes.items() for each in value.values())


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def putting(table: Any, attributes: Attributes) -> Callable[[], None]:
    """The write of an item whose attributes are all plain."""
    from moto.dynamodb.models.dynamo_type import Item

    partition, position = key_of(table, attributes, whole_item=True)
    for name, value in attributes.items():
        require(name != "" and len(value) == 1)
        ((kind, inner),) = value.items()
        require((kind == "S" and type(inner) is str) or (kind == "BOOL" and type(inner) is bool) or is_integer(value))
    require(size_of(attributes) < _LARGEST_ITEM)

    def put() -> None:
        item = Item(_as_kept(partition), _as_kept(position), {})
        for name, value in attributes.items():
            put_attribute(item.attrs, name, value)
        table.items[item.hash_key][item.range_key] = item

    return put


def put_attribute(attributes: Any, name: str, value: Mapping[str, Any]) -> None:
    """Past the check of an item's size, which moto makes at each attribute."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    dict.__setitem__(attributes, name, DynamoType(dict(value)))


def delete_at(table: Any, key: tuple[str, str]) -> None:
    partition_of(table, key[0]).pop(_as_kept(key[1]), None)


def is_integer(value: Mapping[str, Any]) -> bool:
    """Whether it is a number that DynamoDB gives back as it was written, as moto does with any."""
    text = value.get("N")
    return len(value) == 1 and type(text) is str and _NUMBER.fullmatch(text) is not None
