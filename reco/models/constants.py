"""A model's constants from an artefact that a program older or newer than this one wrote.

Whoever adds a field gives it the default under which answers are what they were before there was the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from reco.errors import CorruptArtefact

T = TypeVar("T")


def read_constants(kind: type[T], document: Mapping[str, Any]) -> T:
    """A dataclass from what `asdict` of it gave.

    A field that the document lacks has its default. An unknown field that is null or false asks for nothing and is
    passed over; any other would change the answers.

    Raises:
        CorruptArtefact: such a field, or a field that was always there is missing.
    """
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    newer = sorted(
        name for name, value in document.items() if name not in known and value is not None and value is not False
    )
    if newer:
        raise CorruptArtefact(
            f"the model was written by a newer program: this one knows no {newer[0]} of a {kind.__name__}, without "
            "which its answers would be others; update this program, or train a new version with it"
        )
    given = {name: value for name, value in document.items() if name in known}
    for name, field in known.items():
        if name not in given and field.default is MISSING and field.default_factory is MISSING:
            raise CorruptArtefact(f"the model lacks {name} of a {kind.__name__}")
    return kind(**given)
