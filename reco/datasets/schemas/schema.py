"""A dataset schema that has been read."""

from __future__ import annotations

from dataclasses import dataclass

from reco.datasets.schemas.rules import FLAGS, NUMERIC_TYPES, RULES


@dataclass(frozen=True)
class Field:
    """One column of a dataset."""

    name: str
    type: str
    """One of FIELD_TYPES."""
    nullable: bool = False
    """The type is a union with null: an empty cell is a value."""
    categorical: bool = False
    textual: bool = False
    item_name: bool = False

    @property
    def numeric(self) -> bool:
        return self.type in NUMERIC_TYPES

    @property
    def flags(self) -> tuple[str, ...]:
        """Those of FLAGS that it has."""
        given = (self.categorical, self.textual, self.item_name)
        return tuple(flag for flag, on in zip(FLAGS, given, strict=True) if on)


@dataclass(frozen=True)
class Schema:
    """A dataset schema. Only `parse_schema` makes one; the ones that are stored have passed `check_schema` too."""

    dataset_type: str
    """A key of RULES."""
    fields: tuple[Field, ...]
    """In the order the caller wrote them."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def metadata(self) -> tuple[Field, ...]:
        """The fields that Personalize gives no meaning of its own in a custom dataset group.

        For interactions these are the same in every domain.
        """
        known = RULES[self.dataset_type].named
        return tuple(field for field in self.fields if field.name not in known)
