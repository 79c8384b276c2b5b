"""A schema's text, read: what is a schema at all, and what every schema of a custom dataset group must be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.datasets.schemas import FIELD_TYPES, Field, check_schema, parse_schema
from reco.errors import InvalidInput

INTERACTIONS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
ITEMS = [{"name": "ITEM_ID", "type": "string"}]
GENRE = {"name": "GENRE", "type": "string", "categorical": True}


def text(name, *fields, **more):
    return json.dumps({"type": "record", "name": name, "fields": list(fields), "version": "1.0", **more})


def accepted(schema_text):
    """The schema, read and checked as CreateSchema does."""
    schema = parse_schema(schema_text)
    check_schema(schema, None)
    return schema


def refusal(name, *fields):
    with pytest.raises(InvalidInput) as caught:
        accepted(text(name, *fields))
    return caught.value.message


def test_a_schema_of_interactions_keeps_order_types_and_attributes():
    schema = accepted(
        text(
            "Interactions",
            *reversed(INTERACTIONS),
            {"name": "EVENT_TYPE", "type": "string"},
            {"name": "EVENT_VALUE", "type": ["float", "null"]},
            {"name": "DEVICE", "type": ["null", "string"], "categorical": True, "doc": "phone or desk"},
            namespace="any.where",
        )
    )
    assert schema.dataset_type == "INTERACTIONS"
    assert schema.names == ("TIMESTAMP", "ITEM_ID", "USER_ID", "EVENT_TYPE", "EVENT_VALUE", "DEVICE")
    assert schema.field("EVENT_VALUE") == Field("EVENT_VALUE", "float", nullable=True)
    assert schema.metadata == (Field("DEVICE", "string", nullable=True, categorical=True),)


def test_a_union_of_one_type_is_that_type():
    schema = accepted(text("Users", {"name": "USER_ID", "type": ["string"]}, {"name": "AGE", "type": ["int"]}))
    assert schema.fields == (Field("USER_ID", "string"), Field("AGE", "int"))


def test_items_may_have_one_text_and_one_name():
    schema = accepted(
        text(
            "Items",
            *ITEMS,
            {"name": "TITLE", "type": "string", "itemName": True},
            {"name": "STORY", "type": "string", "textual": True},
            {"name": "CREATION_TIMESTAMP", "type": ["long", "null"]},
        )
    )
    assert schema.field("TITLE").item_name and schema.field("STORY").textual


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_every_type_is_accepted_plain_and_with_null_on_either_side(kind):
    for declared, nullable in ((kind, False), ([kind, "null"], True), (["null", kind], True)):
        field = accepted(text("Items", *ITEMS, GENRE, {"name": "X", "type": declared})).field("X")
        assert (field.type, field.nullable) == (kind, nullable)


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", '"record"', "null", "1", "[" * 5000, '{"type":"enum","name":"Items"}', '{"name":"Items"}'],
)
def test_what_is_not_an_avro_record_is_refused(broken):
    with pytest.raises(InvalidInput, match="schema: "):
        accepted(broken)


def test_a_text_may_have_as_many_characters_as_the_limit_and_a_name_too():
    longest = {"name": "A" * 150, "type": "int"}
    schema_text = text("Items", *ITEMS, GENRE, longest)
    padded = schema_text + " " * (20_000 - len(schema_text))
    assert accepted(padded).field("A" * 150) is not None


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6))
def test_a_name_is_letters_digits_and_underscores_in_ascii(name):
    named = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
    fields = [*ITEMS, {"name": "M", "type": "int"}, {"name": name, "type": "int"}]
    if named and name.replace("_", "").upper() not in ("ITEMID", "M"):
        assert accepted(text("Items", *fields)).field(name) is not None
    else:
        assert "field" in refusal("Items", *fields)


def test_a_text_over_the_limit_is_refused_with_the_limit():
    with pytest.raises(InvalidInput, match="at most 20000 characters"):
        accepted(text("Items", *ITEMS, GENRE) + " " * 20_000)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        (
            "Movies",
            ITEMS,
            "'name' must be one of Interactions, Items, Users, Actions, ActionInteractions; it is \"Movies\"",
        ),
        ("Items", [], "'fields' must be a list of at least one field"),
        ("Items", ["ITEM_ID"], "field 1 must be an object"),
        ("Items", [*ITEMS, {"type": "string"}], "the name of field 2 is absent"),
        ("Items", [*ITEMS, {"name": "2ND", "type": "string"}], 'the name of field 2 is "2ND"'),
        ("Items", [*ITEMS, {"name": "A" * 151, "type": "string"}], "at most 150 characters"),
        ("Items", [*ITEMS, {"name": "X"}], "the type of field X is absent"),
        ("Items", [*ITEMS, {"name": "X", "type": "null"}], 'the type of field X is "null"'),
        ("Items", [*ITEMS, {"name": "X", "type": "bytes"}], 'the type of field X is "bytes"'),
        ("Items", [*ITEMS, {"name": "X", "type": []}], r"the type of field X is \[\]"),
        ("Items", [*ITEMS, {"name": "X", "type": ["int", "string", "null"]}], "the type of field X"),
        ("Items", [*ITEMS, {"name": "X", "type": {"type": "array", "items": "string"}}], "the type of field X"),
        ("Items", [*ITEMS, GENRE, GENRE], "fields GENRE and GENRE have the same name"),
        ("Items", [*ITEMS, GENRE, {"name": "GEN_RE", "type": "int"}], "fields GENRE and GEN_RE have the same name"),
        ("Items", [*ITEMS, {**GENRE, "type": "int"}], "field GENRE is categorical, so its type must be string"),
        ("Items", [*ITEMS, {**GENRE, "categorical": "yes"}], "'categorical' of field GENRE must be true or false"),
        ("Items", [*ITEMS, {**GENRE, "textual": True}], "field GENRE is both categorical and textual"),
        ("Items", [{**ITEMS[0], "type": "long"}, GENRE], "the type of field ITEM_ID must be string; it is long"),
        ("Items", [{**ITEMS[0], "type": ["string", "null"]}, GENRE], "field ITEM_ID is required in every row"),
        ("Items", [{**ITEMS[0], "categorical": True}], "field ITEM_ID is reserved"),
        ("Items", [*ITEMS, {"name": "CREATION_TIMESTAMP", "type": "float"}], "CREATION_TIMESTAMP must be long"),
        ("Items", [GENRE], "must have the fields ITEM_ID"),
        ("Items", ITEMS, "at least 1 metadata field beside ITEM_ID: a categorical string, textual string or number"),
        (
            "Users",
            [{"name": "USER_ID", "type": "string"}, {"name": "N", "type": "string"}],
            "at least 1 metadata field",
        ),
        ("Users", [{"name": "USER_ID", "type": "string"}, {**GENRE, "categorical": False, "textual": True}], "GENRE"),
        ("Interactions", INTERACTIONS[:1], "must have the fields ITEM_ID, TIMESTAMP"),
        ("Interactions", [*INTERACTIONS[:2], {"name": "TIMESTAMP", "type": "int"}], "TIMESTAMP must be long"),
        ("Interactions", [*INTERACTIONS, {"name": "EVENT_VALUE", "type": "double"}], "EVENT_VALUE must be float"),
        ("Interactions", [*INTERACTIONS, {**GENRE, "name": "EVENT_TYPE"}], "field EVENT_TYPE is reserved"),
        ("Interactions", [*INTERACTIONS, *({"name": f"M{n}", "type": "int"} for n in range(6))], "at most 5 metadata"),
    ],
)
def test_a_broken_rule_is_named_with_its_field(name, fields, message):
    with pytest.raises(InvalidInput, match=message):
        accepted(text(name, *fields))


@pytest.mark.parametrize("flag", ["textual", "itemName"])
def test_only_one_field_may_be_the_text_or_the_name(flag):
    fields = [{"name": name, "type": "string", flag: True} for name in ("A", "B")]
    assert f"fields A, B are {flag}; at most 1" in refusal("Items", *ITEMS, GENRE, *fields)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["null", "string", "record"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(json_values, json_values, json_values)
def test_any_json_is_a_schema_or_is_refused(name, kind, fields):
    for document in (name, {"type": "record", "name": "Items", "fields": fields}, {"type": "record", "name": name}):
        with pytest.raises(InvalidInput):
            accepted(json.dumps(document))
    with pytest.raises(InvalidInput):
        accepted(text("Items", {"name": name, "type": kind}))
