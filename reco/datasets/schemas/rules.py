"""What a schema must hold and may hold, by dataset type and domain: the one table. Everything else derives from it.

Source: control-plane reference, sections D.1 to D.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reco.domains import Domain

SCHEMA_TEXT_LIMIT = 20_000
NAME_LIMIT = 150
NUMERIC_TYPES = ("int", "long", "float", "double")
FIELD_TYPES = (*NUMERIC_TYPES, "string", "boolean")
"""Avro's types that a field may have, alone or in a union with null. A field of null alone could never hold anything,
and is refused."""
FLAGS = ("categorical", "textual", "itemName")
"""Personalize's own attributes of a field, all of strings."""
ITEMS_FLAGS = ("textual", "itemName")
"""Those that only Items may have, and of which a schema may have one each."""


@dataclass(frozen=True)
class FieldRule:
    """What a field must be whose name Personalize gives a meaning."""

    types: tuple[str, ...]
    """Any of these."""
    flag: str | None = None
    """The one of FLAGS that it must have; None forbids all of them."""


TEXT = FieldRule(("string",))
CATEGORY = FieldRule(("string",), "categorical")
DESCRIPTION = FieldRule(("string",), "textual")
LONG = FieldRule(("long",))
FLOAT = FieldRule(("float",))
MOMENT = FieldRule(("long", "float"))
"""The guide writes ECOMMERCE's CREATION_TIMESTAMP either way."""


@dataclass(frozen=True)
class TypeRules:
    """What a schema of one dataset type must hold and may hold."""

    record: str
    """The Avro record's name."""
    required: Mapping[str, FieldRule]
    """Fields that must be there; never null."""
    reserved: Mapping[str, FieldRule]
    """Fields that have a meaning if they are there; they may be null."""
    metadata_limit: int
    """Most fields that are neither required nor reserved."""
    needs_metadata: bool
    """At least one field besides the required ones must be of use to training."""

    @property
    def named(self) -> Mapping[str, FieldRule]:
        """Every field with a meaning of its own."""
        return {**self.required, **self.reserved}


RULES: Mapping[str, TypeRules] = {
    "INTERACTIONS": TypeRules(
        record="Interactions",
        required={"USER_ID": TEXT, "ITEM_ID": TEXT, "TIMESTAMP": LONG},
        reserved={
            "EVENT_TYPE": TEXT,
            "EVENT_VALUE": FLOAT,
            "IMPRESSION": TEXT,
            "RECOMMENDATION_ID": TEXT,
            "EVENT_ATTRIBUTION_SOURCE": TEXT,
        },
        metadata_limit=5,
        needs_metadata=False,
    ),
    "ITEMS": TypeRules(
        record="Items",
        required={"ITEM_ID": TEXT},
        reserved={"CREATION_TIMESTAMP": LONG},
        metadata_limit=100,
        needs_metadata=True,
    ),
    "USERS": TypeRules(
        record="Users",
        required={"USER_ID": TEXT},
        reserved={},
        metadata_limit=25,
        needs_metadata=True,
    ),
    "ACTIONS": TypeRules(
        record="Actions",
        required={"ACTION_ID": TEXT},
        reserved={
            "CREATION_TIMESTAMP": LONG,
            "VALUE": LONG,
            "TYPE": TEXT,
            "EXPIRATION_TIMESTAMP": LONG,
            "ACTION_EXPIRATION_TIMESTAMP": LONG,
            "REPEAT_FREQUENCY": LONG,
        },
        metadata_limit=10,
        needs_metadata=True,
    ),
    "ACTION_INTERACTIONS": TypeRules(
        record="ActionInteractions",
        required={"USER_ID": TEXT, "ACTION_ID": TEXT, "EVENT_TYPE": TEXT, "TIMESTAMP": LONG},
        reserved={"IMPRESSION": TEXT, "RECOMMENDATION_ID": TEXT},
        metadata_limit=5,
        needs_metadata=False,
    ),
}
"""By dataset type, of custom dataset groups. The limit of ten event types and columns together (D.3) is about data,
and no schema can break it."""

CUSTOM_ONLY = ("ACTIONS", "ACTION_INTERACTIONS")
"""Dataset types that no domain has."""
REPLACEABLE = ("ITEMS", "USERS")
"""Dataset types whose schema may be replaced by UpdateDataset."""


def _interactions() -> TypeRules:
    """Of both domains: the type of an event must be there."""
    custom = RULES["INTERACTIONS"]
    reserved = {name: rule for name, rule in custom.reserved.items() if name != "EVENT_TYPE"}
    return replace(custom, required={**custom.required, "EVENT_TYPE": TEXT}, reserved=reserved)


def _items(required: Mapping[str, FieldRule], reserved: Mapping[str, FieldRule]) -> TypeRules:
    custom = RULES["ITEMS"]
    return replace(custom, required={**custom.required, **required}, reserved=reserved, needs_metadata=False)


DOMAINS: Mapping[Domain, Mapping[str, TypeRules]] = {
    "ECOMMERCE": {
        "INTERACTIONS": _interactions(),
        "ITEMS": _items(
            required={"PRICE": FLOAT, "CATEGORY_L1": CATEGORY},
            reserved={
                "CATEGORY_L2": CATEGORY,
                "CATEGORY_L3": CATEGORY,
                "PRODUCT_DESCRIPTION": DESCRIPTION,
                "CREATION_TIMESTAMP": MOMENT,
                "AGE_GROUP": CATEGORY,
                "ADULT": CATEGORY,
                "GENDER": CATEGORY,
            },
        ),
        "USERS": RULES["USERS"],
    },
    "VIDEO_ON_DEMAND": {
        "INTERACTIONS": _interactions(),
        "ITEMS": _items(
            required={"CREATION_TIMESTAMP": LONG, "GENRES": CATEGORY},
            reserved={
                "PRICE": FLOAT,
                "DURATION": FLOAT,
                "GENRE_L2": CATEGORY,
                "GENRE_L3": CATEGORY,
                "AVERAGE_RATING": FLOAT,
                "PRODUCT_DESCRIPTION": DESCRIPTION,
                "CONTENT_OWNER": CATEGORY,
                "CONTENT_CLASSIFICATION": CATEGORY,
            },
        ),
        "USERS": replace(RULES["USERS"], reserved={"SUBSCRIPTION_MODEL": CATEGORY}),
    },
}
"""By domain and dataset type. Personalize's own default schema of videos has a field GENRES_L1: it is metadata like any
other and no stand-in for GENRES."""


def rules_of(dataset_type: str, domain: Domain | None) -> TypeRules | None:
    """The rules; None when the domain has no datasets of this type."""
    return RULES[dataset_type] if domain is None else DOMAINS[domain].get(dataset_type)
