"""Whether a schema that was read may be stored: the rules of its dataset type and domain, and of replacing another."""

from __future__ import annotations

from reco.datasets.schemas.rules import ITEMS_FLAGS, REPLACEABLE, RULES, FieldRule, TypeRules, rules_of
from reco.datasets.schemas.schema import Field, Schema
from reco.domains import Domain
from reco.errors import InvalidInput

_NAMED = 10
"""Fields that a message lists."""


def check_schema(schema: Schema, domain: Domain | None) -> None:
    """Checks a new schema; `domain` None is a custom dataset group's.

    Raises:
        InvalidInput: a rule is broken; the message names the field and what it must be.
    """
    record = RULES[schema.dataset_type].record
    rules = rules_of(schema.dataset_type, domain)
    if rules is None:
        raise InvalidInput(
            f"domain: a schema of {record} is for custom dataset groups, and {domain} is not one; leave domain out."
        )
    for field in schema.fields:
        _check_flags(field, schema.dataset_type)
    for flag in ITEMS_FLAGS:
        marked = [field.name for field in schema.fields if flag in field.flags]
        if len(marked) > 1:
            raise InvalidInput(f"schema: fields {', '.join(marked)} are {flag}; at most 1 field may be.")
    _check_named(schema, rules, domain)
    _check_metadata(schema, rules)


def check_replacement(old: Schema, new: Schema) -> None:
    """Checks that rows of a dataset with schema `old` are rows of `new` too, with null in its additional fields.

    Raises:
        InvalidInput: the message names the field. Source: control-plane reference, section E.4.
    """
    if old.dataset_type not in REPLACEABLE:
        allowed = " and ".join(REPLACEABLE)
        raise InvalidInput(
            f"datasetArn: the schema of a dataset of type {old.dataset_type} cannot be replaced, only those of "
            f"{allowed}; create another dataset group."
        )
    if new.dataset_type != old.dataset_type:
        raise InvalidInput(
            f"schemaArn: the schema describes {new.dataset_type}, but the dataset is of type {old.dataset_type}."
        )
    for field in old.fields:
        replaced = new.field(field.name)
        if replaced is None:
            raise InvalidInput(
                f"schemaArn: field {field.name} of the present schema is missing; every field must stay."
            )
        if replaced != field:
            raise InvalidInput(
                f"schemaArn: field {field.name} is {_described(replaced)} and was {_described(field)}; the type and "
                "the attributes of a field must stay as they are."
            )
    for field in new.fields:
        if old.field(field.name) is None and not field.nullable:
            raise InvalidInput(
                f"schemaArn: field {field.name} is new, and the rows that are there have no value for it; its type "
                f'must be ["{field.type}", "null"].'
            )


def _check_flags(field: Field, dataset_type: str) -> None:
    flags = field.flags
    if flags and field.type != "string":
        raise InvalidInput(f"schema: field {field.name} is {flags[0]}, so its type must be string; it is {field.type}.")
    if field.categorical and field.textual:
        raise InvalidInput(f"schema: field {field.name} is both categorical and textual; choose one.")
    of_items = [flag for flag in flags if flag in ITEMS_FLAGS]
    if dataset_type != "ITEMS" and of_items:
        raise InvalidInput(
            f"schema: field {field.name} is {of_items[0]}, which only a schema of Items may have; leave it out."
        )


def _check_named(schema: Schema, rules: TypeRules, domain: Domain | None) -> None:
    missing = [name for name in rules.required if schema.field(name) is None]
    if missing:
        of_domain = f" in the domain {domain}" if domain else ""
        raise InvalidInput(f"schema: a schema of {rules.record}{of_domain} must have the fields {', '.join(missing)}.")
    for name, rule in rules.named.items():
        field = schema.field(name)
        if field is None:
            continue
        if field.type not in rule.types:
            raise InvalidInput(
                f"schema: the type of field {name} must be {' or '.join(rule.types)}; it is {field.type}."
            )
        if name in rules.required and field.nullable:
            raise InvalidInput(f"schema: field {name} is required in every row, so its type must not include null.")
        _check_flag(field, rule)


def _check_flag(field: Field, rule: FieldRule) -> None:
    wanted = () if rule.flag is None else (rule.flag,)
    if field.flags == wanted:
        return
    if rule.flag is None:
        raise InvalidInput(f"schema: field {field.name} is reserved and must not be categorical, textual or itemName.")
    if rule.flag not in field.flags:
        raise InvalidInput(f'schema: field {field.name} is reserved and must have "{rule.flag}": true.')
    raise InvalidInput(f"schema: field {field.name} is reserved and must be {rule.flag} only.")


def _check_metadata(schema: Schema, rules: TypeRules) -> None:
    metadata = [field.name for field in schema.fields if field.name not in rules.named]
    over = len(metadata) - rules.metadata_limit
    if over > 0:
        named = ", ".join(metadata[:_NAMED]) + (", ..." if len(metadata) > _NAMED else "")
        raise InvalidInput(
            f"schema: a schema of {rules.record} may have at most {rules.metadata_limit} metadata fields; "
            f"this has {len(metadata)}. Leave out {over} of {named}."
        )
    useful = any(
        field.name not in rules.required and (field.numeric or field.categorical or field.textual)
        for field in schema.fields
    )
    if rules.needs_metadata and not useful:
        kinds = (
            "categorical string, textual string or number"
            if rules.record == "Items"
            else "categorical string or number"
        )
        (known_by,) = rules.required
        raise InvalidInput(
            f"schema: a schema of {rules.record} must have at least 1 metadata field beside {known_by}: a {kinds}."
        )


def _described(field: Field) -> str:
    """A field's type and attributes as a person says them."""
    return " ".join([*field.flags, field.type, *(["or null"] if field.nullable else [])])
