"""Schemas as boto3 sees them: kept word for word, with their domain, and not deleted from under a dataset."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.conftest import INTERACTIONS, ITEMS, Bench, refused


def schema_text(record: str, *fields: dict[str, Any]) -> str:
    """As no program would write it, so that an echo that is not word for word shows."""
    envelope = {"version": "1.0", "type": "record", "name": record, "namespace": "x.y", "fields": list(fields)}
    return json.dumps(envelope, indent=1) + "\n"


SHOP_ITEMS = schema_text(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": "float"},
    {"name": "CATEGORY_L1", "type": ["string"], "categorical": True},
)
FILMS = schema_text(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRES", "type": ["string"], "categorical": True},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
)
ACTIONS = schema_text("Actions", {"name": "ACTION_ID", "type": "string"}, {"name": "VALUE", "type": ["null", "long"]})


@pytest.mark.parametrize(
    ("text", "more"),
    [(ITEMS, {}), (SHOP_ITEMS, {"domain": "ECOMMERCE"}), (FILMS, {"domain": "VIDEO_ON_DEMAND"}), (ACTIONS, {})],
)
def test_a_schema_is_kept_as_it_was_sent(bench: Bench, text: str, more: dict[str, str]) -> None:
    arn = bench.client.create_schema(name="s", schema=text, **more)["schemaArn"]

    described = bench.client.describe_schema(schemaArn=arn)["schema"]
    assert arn.endswith(":schema/s")
    assert list(described) == ["name", "schemaArn", "schema", "creationDateTime", "lastUpdatedDateTime", *more]
    assert described["schema"] == text
    (listed,) = bench.client.list_schemas()["schemas"]
    assert listed == {name: value for name, value in described.items() if name != "schema"}


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (SHOP_ITEMS, {"domain": "VIDEO_ON_DEMAND"}, "must have the fields CREATION_TIMESTAMP, GENRES"),
        (FILMS, {"domain": "ECOMMERCE"}, "must have the fields PRICE, CATEGORY_L1"),
        (SHOP_ITEMS.replace("float", "double"), {"domain": "ECOMMERCE"}, "field PRICE must be float"),
        (ACTIONS, {"domain": "ECOMMERCE"}, "domain: a schema of Actions is for custom dataset groups"),
        (INTERACTIONS.replace("EVENT_TYPE", "EVENT"), {"domain": "ECOMMERCE"}, "must have the fields EVENT_TYPE"),
        (SHOP_ITEMS, {"domain": "RETAIL"}, "domain"),
        ("{", {}, "not valid JSON"),
    ],
)
def test_a_bad_schema_is_refused_by_its_field_and_not_stored(
    bench: Bench, text: str, more: dict[str, str], words: str
) -> None:
    assert words in refused("InvalidInputException", bench.client.create_schema, name="s", schema=text, **more)
    assert bench.client.list_schemas()["schemas"] == []


def test_the_same_text_may_have_several_names_and_a_name_one_schema(bench: Bench) -> None:
    bench.client.create_schema(name="one", schema=ITEMS)
    bench.client.create_schema(name="two", schema=ITEMS)
    message = refused("ResourceAlreadyExistsException", bench.client.create_schema, name="one", schema=FILMS)
    assert message.endswith(":schema/one already exists.")


def test_a_schema_is_in_use_by_datasets_of_any_group_and_gone_at_once_when_it_is_not(bench: Bench) -> None:
    schema = bench.schema("shared", ITEMS)
    datasets = [bench.dataset(bench.group(name), schema, "Items") for name in ("g", "h")]
    for dataset in datasets:
        assert dataset in refused("ResourceInUseException", bench.client.delete_schema, schemaArn=schema)
        bench.client.delete_dataset(datasetArn=dataset)
        bench.settle()

    bench.client.delete_schema(schemaArn=schema)

    refused("ResourceNotFoundException", bench.client.describe_schema, schemaArn=schema)
    refused("ResourceNotFoundException", bench.client.delete_schema, schemaArn=schema)
    assert bench.client.list_schemas()["schemas"] == []
    assert bench.schema("shared", FILMS) == schema
