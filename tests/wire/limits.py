"""The limits of a shape, as values just inside and just outside of each: what test_limits.py and the conformance suite
put in the place of a valid value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from tests.wire.samples import sample, sample_map, text, text_length

STRICTER_IN_PROSE = {"ColumnNamesList"}
"""Lists whose shape allows more than a text limit does; test_text_limits.py knows them."""


@dataclass(frozen=True)
class Bound:
    """One limit: values that just keep it, values that just break it, and what the refusal must say."""

    kept: tuple[Any, ...]
    broken: tuple[Any, ...]
    words: str


def bounds(shape: Shape) -> Iterator[Bound]:
    """Every limit of the shape itself; those of its members are theirs."""
    limits = shape.metadata
    if shape.type_name == "string":
        yield from _text_bounds(shape)
    elif shape.type_name in ("list", "map"):
        least, most = limits.get("min"), limits.get("max")
        if most is not None:
            kept = () if shape.name in STRICTER_IN_PROSE else (_sized(shape, most),)
            yield Bound(kept, (_sized(shape, most + 1),), f"must be at most {most} ")
        if least:
            yield Bound((_sized(shape, least),), (_sized(shape, least - 1),), f"must be at least {least} ")
    elif shape.type_name in ("integer", "float", "double"):
        if "max" in limits:
            most = limits["max"]
            yield Bound((most, float(most)), (most + 1,), f"must be at most {most}, is")
        if "min" in limits:
            least = limits["min"]
            yield Bound((least, float(least)), (least - 1,), f"must be at least {least}, is")


def _text_bounds(shape: Shape) -> Iterator[Bound]:
    limits = shape.metadata
    if "max" in limits:
        most = limits["max"]
        yield Bound(
            (text(shape, most),), (text(shape, most + 1),), f"must be at most {most} characters, has {most + 1}"
        )
    if limits.get("min"):
        least = limits["min"]
        kept = text(shape, text_length(shape, least))
        yield Bound((kept,), ("",), f"must be at least {least} character")
    if shape.enum:
        yield Bound(tuple(shape.enum), ("NONE_OF_THEM", shape.enum[0].lower()), "must be one of " + shape.enum[0])
    if "pattern" in limits:
        good = text(shape, text_length(shape, 1))
        broken = ["é\u0007" + good, good + "é\u0007\n"]
        if shape.name != "NextToken":  # it takes all of ASCII
            broken += ["\n" + good, good + "\n"]
        yield Bound((good,), tuple(broken), f"must match {limits['pattern']}")


def _sized(shape: Shape, size: int) -> Any:
    if shape.type_name == "list":
        return [sample(shape.member, full=False)] * size
    return sample_map(shape, size, full=False)
