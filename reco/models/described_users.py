"""What is known of users besides their events, as the runtime looks it up: a row of codes a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models.interactions import Interactions

CODES = "user_codes"
"""Name of the array; its rows are the artefact's users."""
_FIELDS = "user_fields"


@dataclass(frozen=True)
class DescribedUsers:
    """Of every user the value of each field, where it changes a newcomer's shares."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    """Names, and the values that change anything."""
    codes: NDArray[np.int16]
    """(U, F) place in a field's values; -1 for any other value and for none."""

    @staticmethod
    def of(interactions: Interactions, attributes: Mapping[str, Any]) -> DescribedUsers:
        """What a model with these attributes (`newcomer_values`) can use."""
        told: dict[str, list[str]] = {}
        for field, value in attributes.get("newcomer_values", []):
            told.setdefault(field, []).append(value)
        fields, codes = [], []
        for each in interactions.user_labels:
            if values := told.get(each.field):
                places = {value: place for place, value in enumerate(values)}
                table = np.array([places.get(value, -1) for value in each.values] + [-1], np.int16)
                fields.append((each.field, tuple(values)))
                codes.append(table[each.codes])
        empty = np.empty((interactions.user_count, 0), np.int16)
        return DescribedUsers(tuple(fields), np.stack(codes, axis=1) if codes else empty)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {CODES: self.codes} if self.fields else {}

    def attributes(self) -> dict[str, Any]:
        return {_FIELDS: [[name, list(values)] for name, values in self.fields]} if self.fields else {}


def fields_of(attributes: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The fields of an artefact; empty when it tells no users apart."""
    return tuple((name, tuple(values)) for name, values in attributes.get(_FIELDS, []))


def values_of(fields: tuple[tuple[str, tuple[str, ...]], ...], codes: NDArray[np.int16]) -> dict[str, str]:
    """One user's values by field, from their row of codes."""
    return {name: values[code] for (name, values), code in zip(fields, codes.tolist(), strict=True) if code >= 0}
