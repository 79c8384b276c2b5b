"""Rules of schemas, for every dataset type and domain: one schema just inside each rule, one just outside, and the
message names the field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.datasets.schemas import (
    CUSTOM_ONLY,
    DOMAINS,
    FIELD_TYPES,
    RULES,
    FieldRule,
    Schema,
    TypeRules,
    check_replacement,
    check_schema,
    parse_schema,
    rules_of,
)
from reco.domains import Domain
from reco.errors import InvalidInput
from reco.recipes import RECIPES
from reco.wire.service_models import CONTROL, service_model

FieldText = dict[str, Any]
PLACES: list[tuple[Domain | None, str]] = [
    *((None, dataset_type) for dataset_type in RULES),
    *((domain, dataset_type) for domain, types in DOMAINS.items() for dataset_type in types),
]
"""Every domain and dataset type that go together."""
FLAGS = ("categorical", "textual", "itemName")

REFERENCE = {
    (None, "INTERACTIONS"): (
        "USER_ID string, ITEM_ID string, TIMESTAMP long",
        "EVENT_TYPE string, EVENT_VALUE float, IMPRESSION string, RECOMMENDATION_ID string, "
        "EVENT_ATTRIBUTION_SOURCE string",
        5,
    ),
    (None, "ITEMS"): ("ITEM_ID string", "CREATION_TIMESTAMP long", 100),
    (None, "USERS"): ("USER_ID string", "", 25),
    (None, "ACTIONS"): (
        "ACTION_ID string",
        "CREATION_TIMESTAMP long, VALUE long, TYPE string, EXPIRATION_TIMESTAMP long, "
        "ACTION_EXPIRATION_TIMESTAMP long, REPEAT_FREQUENCY long",
        10,
    ),
    (None, "ACTION_INTERACTIONS"): (
        "USER_ID string, ACTION_ID string, EVENT_TYPE string, TIMESTAMP long",
        "IMPRESSION string, RECOMMENDATION_ID string",
        5,
    ),
    ("ECOMMERCE", "INTERACTIONS"): (
        "USER_ID string, ITEM_ID string, TIMESTAMP long, EVENT_TYPE string",
        "EVENT_VALUE float, IMPRESSION string, RECOMMENDATION_ID string, EVENT_ATTRIBUTION_SOURCE string",
        5,
    ),
    ("ECOMMERCE", "ITEMS"): (
        "ITEM_ID string, PRICE float, CATEGORY_L1 string categorical",
        "CATEGORY_L2 string categorical, CATEGORY_L3 string categorical, PRODUCT_DESCRIPTION string textual, "
        "CREATION_TIMESTAMP long|float, AGE_GROUP string categorical, ADULT string categorical, "
        "GENDER string categorical",
        100,
    ),
    ("ECOMMERCE", "USERS"): ("USER_ID string", "", 25),
    ("VIDEO_ON_DEMAND", "INTERACTIONS"): (
        "USER_ID string, ITEM_ID string, TIMESTAMP long, EVENT_TYPE string",
        "EVENT_VALUE float, IMPRESSION string, RECOMMENDATION_ID string, EVENT_ATTRIBUTION_SOURCE string",
        5,
    ),
    ("VIDEO_ON_DEMAND", "ITEMS"): (
        "ITEM_ID string, CREATION_TIMESTAMP long, GENRES string categorical",
        "PRICE float, DURATION float, GENRE_L2 string categorical, GENRE_L3 string categorical, AVERAGE_RATING float, "
        "PRODUCT_DESCRIPTION string textual, CONTENT_OWNER string categorical, "
        "CONTENT_CLASSIFICATION string categorical",
        100,
    ),
    ("VIDEO_ON_DEMAND", "USERS"): ("USER_ID string", "SUBSCRIPTION_MODEL string categorical", 25),
}
"""Required and reserved fields and the number of metadata fields, copied by hand from the control-plane reference's
sections D.2 and D.3."""


def _written(rules: dict[str, FieldRule] | Any) -> str:
    return ", ".join(
        " ".join([name, "|".join(rule.types), *([rule.flag] if rule.flag else [])]) for name, rule in rules.items()
    )


def test_the_table_says_what_the_reference_says() -> None:
    assert set(PLACES) == set(REFERENCE)
    for domain, dataset_type in PLACES:
        rules = rules_of(dataset_type, domain)
        assert rules is not None
        said = (_written(rules.required), _written(rules.reserved), rules.metadata_limit)
        assert said == REFERENCE[domain, dataset_type], (domain, dataset_type)


def written(name: str, rule: FieldRule, *, kind: str | None = None, nullable: bool = False) -> FieldText:
    """A field that keeps its rule, or has another type."""
    chosen = kind or rule.types[0]
    declared: Any = [chosen, "null"] if nullable else chosen
    return {"name": name, "type": declared, **({rule.flag: True} if rule.flag else {})}


def smallest(rules: TypeRules) -> list[FieldText]:
    """The fields that there must be, and one of metadata where there must be one."""
    fields = [written(name, rule) for name, rule in rules.required.items()]
    return [*fields, {"name": "M", "type": "int"}] if rules.needs_metadata else fields


def read(rules: TypeRules, fields: list[FieldText]) -> Schema:
    return parse_schema(json.dumps({"type": "record", "name": rules.record, "fields": fields}))


def accept(place: tuple[Domain | None, str], fields: list[FieldText]) -> Schema:
    schema = read(_rules(place), fields)
    check_schema(schema, place[0])
    return schema


def refuse(place: tuple[Domain | None, str], fields: list[FieldText]) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_schema(read(_rules(place), fields), place[0])
    return str(caught.value.message)


def _rules(place: tuple[Domain | None, str]) -> TypeRules:
    rules = rules_of(place[1], place[0])
    assert rules is not None
    return rules


def _with(fields: list[FieldText], changed: FieldText) -> list[FieldText]:
    """The fields with one of them, by its name, written differently."""
    return [*(field for field in fields if field["name"] != changed["name"]), changed]


places = st.sampled_from(PLACES)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_smallest_schema_is_accepted_and_each_of_its_fields_is_needed(place: tuple[Domain | None, str]) -> None:
    fields = smallest(_rules(place))
    assert accept(place, fields).dataset_type == place[1]
    for left_out in fields:
        rest = [field for field in fields if field is not left_out]
        if left_out["name"] == "M":
            assert "at least 1 metadata field" in refuse(place, rest)
        elif rest:
            message = refuse(place, rest)
            assert f"must have the fields {left_out['name']}." in message
            assert (place[0] or "") in message


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_named_field_has_its_type_its_flag_and_null_only_where_rows_may_lack_it(
    place: tuple[Domain | None, str],
) -> None:
    rules = _rules(place)
    base = smallest(rules)
    for name, rule in rules.named.items():
        for kind in FIELD_TYPES:
            changed = _with(base, {"name": name, "type": kind, **({rule.flag: True} if rule.flag else {})})
            if kind in rule.types:
                accept(place, changed)
            else:
                assert f"field {name}" in refuse(place, changed)
        nullable = _with(base, written(name, rule, nullable=True))
        if name in rules.reserved:
            accept(place, nullable)
        else:
            assert f"field {name} is required in every row" in refuse(place, nullable)
        for flag in FLAGS:
            if flag != rule.flag:
                assert f"field {name} is" in refuse(place, _with(base, {**written(name, rule), flag: True}))
        if rule.flag:
            message = refuse(place, _with(base, {"name": name, "type": "string"}))
            assert f'field {name} is reserved and must have "{rule.flag}": true' in message


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_there_are_as_many_metadata_fields_as_the_limit_and_named_fields_do_not_count(
    place: tuple[Domain | None, str],
) -> None:
    rules = _rules(place)
    named = [written(name, rule) for name, rule in rules.named.items()]
    metadata = [{"name": f"M{number}", "type": "int"} for number in range(rules.metadata_limit + 1)]

    accept(place, [*named, *metadata[:-1]])
    message = refuse(place, [*named, *metadata])
    assert (
        f"at most {rules.metadata_limit} metadata fields; this has {rules.metadata_limit + 1}. Leave out 1" in message
    )
    assert "M0" in message


@given(place=places, kind=st.sampled_from(FIELD_TYPES), flag=st.sampled_from(FLAGS), nullable=st.booleans())
def test_flags_are_for_strings_and_texts_and_titles_for_items(
    place: tuple[Domain | None, str], kind: str, flag: str, nullable: bool
) -> None:
    field = {"name": "X", "type": [kind, "null"] if nullable else kind, flag: True}
    fields = [*smallest(_rules(place)), field]
    if kind == "string" and (flag == "categorical" or place[1] == "ITEMS"):
        assert accept(place, fields).field("X") is not None
    else:
        assert "field X is" in refuse(place, fields)


@given(place=places, data=st.data())
def test_neither_the_order_of_fields_nor_of_unions_matters(
    place: tuple[Domain | None, str], data: st.DataObject
) -> None:
    rules = _rules(place)
    chosen = data.draw(st.sets(st.sampled_from(list(rules.reserved)))) if rules.reserved else set()
    fields = [*smallest(rules), *(written(name, rules.reserved[name], nullable=True) for name in sorted(chosen))]
    shuffled = [
        {**field, "type": field["type"][::-1] if isinstance(field["type"], list) else field["type"]}
        for field in data.draw(st.permutations(fields))
    ]
    assert set(accept(place, shuffled).fields) == set(accept(place, fields).fields)


def test_the_domains_are_those_of_the_service_model_and_each_has_rules_and_use_cases() -> None:
    modelled = set(service_model(CONTROL).shape_for("Domain").enum)

    assert set(get_args(Domain)) == modelled
    assert set(DOMAINS) == modelled
    assert {recipe.domain for recipe in RECIPES} - {None} == modelled


@pytest.mark.parametrize("domain", list(DOMAINS))
@pytest.mark.parametrize("dataset_type", CUSTOM_ONLY)
def test_actions_are_for_custom_groups(domain: Domain, dataset_type: str) -> None:
    rules = RULES[dataset_type]
    with pytest.raises(InvalidInput, match=f"domain: a schema of {rules.record} is for custom dataset groups"):
        check_schema(read(rules, smallest(rules)), domain)


PUBLISHED: list[tuple[Domain | None, str, list[FieldText]]] = [
    (
        "ECOMMERCE",
        "ITEMS",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "PRICE", "type": "float"},
            {"name": "CATEGORY_L1", "type": ["string"], "categorical": True},
            {"name": "CATEGORY_L2", "type": ["string", "null"], "categorical": True},
            {"name": "PRODUCT_DESCRIPTION", "type": ["string", "null"], "textual": True},
            {"name": "CREATION_TIMESTAMP", "type": "float"},
        ],
    ),
    (
        "VIDEO_ON_DEMAND",
        "ITEMS",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "GENRES", "type": ["string"], "categorical": True},
            {"name": "GENRES_L1", "type": ["null", "string"], "categorical": True},
            {"name": "CREATION_TIMESTAMP", "type": "long"},
        ],
    ),
    (
        None,
        "ACTIONS",
        [
            {"name": "ACTION_ID", "type": "string"},
            {"name": "VALUE", "type": ["null", "long"]},
            {"name": "MEMBERSHIP_LEVEL", "type": ["null", "string"], "categorical": True},
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            {"name": "REPEAT_FREQUENCY", "type": ["long", "null"]},
        ],
    ),
    (
        None,
        "ITEMS",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "GENRES", "type": ["null", "string"], "categorical": True},
            {"name": "CREATION_TIMESTAMP", "type": "long"},
            {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
        ],
    ),
]


@pytest.mark.parametrize(("domain", "dataset_type", "fields"), PUBLISHED)
def test_schemas_as_the_guide_writes_them_are_accepted(
    domain: Domain | None, dataset_type: str, fields: list[FieldText]
) -> None:
    envelope = {
        "type": "record",
        "name": RULES[dataset_type].record,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": fields,
        "version": "1.0",
    }
    check_schema(parse_schema(json.dumps(envelope)), domain)


def test_genres_l1_does_not_stand_for_genres() -> None:
    fields = [field for field in PUBLISHED[1][2] if field["name"] != "GENRES"]
    assert "must have the fields GENRES." in refuse(("VIDEO_ON_DEMAND", "ITEMS"), fields)


# Replacing a schema


def schemas(dataset_type: str) -> st.SearchStrategy[Schema]:
    """Schemas with some metadata of every type and flag that goes."""

    def made(drawn: list[tuple[str, bool, bool]]) -> Schema:
        rules = RULES[dataset_type]
        fields = [
            *smallest(rules),
            *(
                {
                    "name": f"C{place}",
                    "type": [kind, "null"] if nullable else kind,
                    **({"categorical": True} if flagged and kind == "string" else {}),
                }
                for place, (kind, nullable, flagged) in enumerate(drawn)
            ),
        ]
        return read(rules, fields)

    return st.lists(st.tuples(st.sampled_from(FIELD_TYPES), st.booleans(), st.booleans()), max_size=6).map(made)


replaceable = st.sampled_from(["ITEMS", "USERS"]).flatmap(schemas)


def _refused(old: Schema, new: Schema) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_replacement(old, new)
    return str(caught.value.message)


@given(old=replaceable, added=st.lists(st.sampled_from(FIELD_TYPES), max_size=4), data=st.data())
def test_nullable_fields_may_be_added_anywhere(old: Schema, added: list[str], data: st.DataObject) -> None:
    new = [replace(old.fields[0], name=f"N{place}", type=kind, nullable=True) for place, kind in enumerate(added)]
    check_replacement(old, replace(old, fields=tuple(data.draw(st.permutations([*old.fields, *new])))))


@given(old=replaceable, data=st.data())
def test_every_old_field_must_stay_as_it_was(old: Schema, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(old.fields))
    rest = tuple(each for each in old.fields if each != field)

    assert f"field {field.name} of the present schema is missing" in _refused(old, replace(old, fields=rest))
    for changed in (
        replace(field, nullable=not field.nullable),
        replace(field, categorical=not field.categorical),
        replace(field, type="long" if field.type != "long" else "double"),
    ):
        message = _refused(old, replace(old, fields=(*rest, changed)))
        assert message.startswith(f"schemaArn: field {field.name} is ") and "must stay as they are" in message


@given(old=replaceable, kind=st.sampled_from(FIELD_TYPES))
def test_a_new_field_without_null_is_refused(old: Schema, kind: str) -> None:
    new = replace(old.fields[0], name="NEW", type=kind, nullable=False)
    message = _refused(old, replace(old, fields=(*old.fields, new)))
    assert message.startswith("schemaArn: field NEW is new") and f'["{kind}", "null"]' in message


@pytest.mark.parametrize("dataset_type", ["INTERACTIONS", "ACTIONS", "ACTION_INTERACTIONS"])
def test_only_items_and_users_take_another_schema(dataset_type: str) -> None:
    schema = read(RULES[dataset_type], smallest(RULES[dataset_type]))
    assert dataset_type in _refused(schema, schema)


def test_a_dataset_keeps_its_type() -> None:
    items, users = (read(RULES[each], smallest(RULES[each])) for each in ("ITEMS", "USERS"))
    assert "schemaArn: the schema describes USERS, but the dataset is of type ITEMS" in _refused(items, users)
