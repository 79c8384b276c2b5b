"""What is done to a valid request before it is sent: to its document, to its bytes, to the event around them."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from botocore import xform_name

from reco.arns import Kind
from reco.wire.pagination import encode
from tests.wire.samples import Steps, removed, replaced

Document = Any

STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    0.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    float("nan"),
    float("inf"),
    1e308,
    "",
    " ",
    "a" * 64,
    "a" * 20_000,
    "\x00",
    "\ud800",
    "é字🙂",
    "../../etc",
    "$LATEST",
    "null",
    "1e999",
    [],
    [[]],
    [None],
    {},
    {"": None},
    {"__proto__": {"a": 1}},
    [{"a": "b"}] * 300,
)
"""Values that have broken other programs."""


def mutated(draw: random.Random, operation: str, document: dict[str, Any]) -> tuple[Document, list[str]]:
    """The document with none to four changes, and what they were called."""
    changes = draw.choices((0, 1, 2, 3, 4), weights=(35, 40, 15, 7, 3))[0]
    done = []
    for _ in range(changes):
        change = draw.choice(CHANGES)
        with contextlib.suppress(LookupError, TypeError, AttributeError, ValueError):
            # An earlier change may have taken the place away: then this one is none.
            document = change(draw, operation, document)
            done.append(change.__name__.strip("_"))
    return document, done


def _without_a_member(draw: random.Random, operation: str, document: Document) -> Document:
    members = [steps for steps in _places(document) if steps and isinstance(steps[-1], str)]
    return removed(document, draw.choice(members))


def _with_a_strange_value(draw: random.Random, operation: str, document: Document) -> Document:
    """Mostly of the type that was there, which gets further."""
    steps = _place(draw, document)
    alike = [value for value in STRANGE if type(value) is type(_at(document, steps))]
    return replaced(document, steps, draw.choice(alike if alike and draw.random() < 0.7 else STRANGE))


def _with_an_unknown_member(draw: random.Random, operation: str, document: Document) -> Document:
    return {**document, draw.choice(("unknown", "Name", "__class__", "")): draw.choice(STRANGE)}


def _with_a_value_from_elsewhere(draw: random.Random, operation: str, document: Document) -> Document:
    return replaced(document, _place(draw, document), _at(document, _place(draw, document)))


def _with_another_arn(draw: random.Random, operation: str, document: Document) -> Document:
    steps, arn = _text(draw, document, lambda text: text.startswith("arn:"))
    parts = arn.split(":", 5)
    what = draw.randrange(7)
    if what == 0:
        parts[4] = "999999999999"
    elif what == 1:
        parts[3] = "ap-south-1"
    elif what == 2:
        parts[5] = draw.choice(list(Kind)).value + "/" + parts[5].partition("/")[2]
    elif what == 3:
        parts[5] = parts[5] + draw.choice(("/", "/$LATEST", "/x/y", "#", " ", "\u00e9"))
    elif what == 4:
        parts[5] = parts[5][: draw.randrange(len(parts[5]))]
    elif what == 5:
        parts[draw.randrange(6)] = ""
    else:
        parts = parts[: draw.randrange(1, 6)]
    return replaced(document, steps, ":".join(parts))


def _with_an_edited_text(draw: random.Random, operation: str, document: Document) -> Document:
    """A character taken out, doubled, or exchanged: what schemas, expressions and schedules are read from."""
    steps, text = _text(draw, document, bool)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text) + 1)
        put = draw.choice(
            ("", text[place : place + 1] * 2, draw.choice("\"'(){}[]|$,.:<>=*\\ \n\u00e9\u5b570aZ"), text)
        )
        text = text[:place] + put[:3000] + text[place + 1 :]
    return replaced(document, steps, text)


def _with_an_edited_inner_document(draw: random.Random, operation: str, document: Document) -> Document:
    """A text that is JSON itself, such as a schema, changed in the ways of a document."""
    steps, text = _text(draw, document, lambda text: text[:1] in ("{", "["))
    inner = json.loads(text)
    change = draw.choice((_without_a_member, _with_a_strange_value, _with_a_value_from_elsewhere))
    return replaced(document, steps, json.dumps(change(draw, operation, inner)))


def _with_a_made_up_token(draw: random.Random, operation: str, document: Document) -> Document:
    """A page token that is sealed for just this request, and whose place makes no sense."""
    place = draw.choice(
        (0, -1, 10**9, "", "x", "9999999999999#ffffffffffffffff", None, [], {}, True, 1.5, "\x00", "a" * 900, 2**70)
    )
    parameters = {xform_name(name): value for name, value in document.items()}
    return {**document, "nextToken": encode(operation, parameters, place)}


def _deeply_nested(draw: random.Random, operation: str, document: Document) -> Document:
    value: Any = draw.choice(STRANGE)
    for _ in range(draw.choice((5, 50, 300))):
        value = draw.choice(([value], {"a": value}))
    return replaced(document, _place(draw, document), value)


def _repeated(draw: random.Random, operation: str, document: Document) -> Document:
    """A list with its first element again and again, or a text again and again."""
    steps = _place(draw, document)
    value = _at(document, steps)
    times = draw.choice((2, 11, 60, 260))
    return replaced(document, steps, value[:1] * times if isinstance(value, list) else value * min(times, 60))


Change = Callable[[random.Random, str, Document], Document]
CHANGES: tuple[Change, ...] = (
    _without_a_member,
    _with_a_strange_value,
    _with_a_strange_value,
    _with_an_unknown_member,
    _with_a_value_from_elsewhere,
    _with_another_arn,
    _with_another_arn,
    _with_an_edited_text,
    _with_an_edited_text,
    _with_an_edited_inner_document,
    _with_a_made_up_token,
    _deeply_nested,
    _repeated,
)


def bytes_of(draw: random.Random, document: Document, done: list[str]) -> bytes:
    """The document as it is sent; one in twenty is cut or has other bytes in it."""
    body = bytearray(json.dumps(document, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass"))
    if draw.random() < 0.05 and body:
        done.append("bytes")
        for _ in range(draw.randint(0, 3)):
            body[draw.randrange(len(body))] = draw.randrange(256)
        body = body[: draw.randint(0, len(body))]
    return bytes(body)


def around(draw: random.Random, event: dict[str, Any], done: list[str]) -> dict[str, Any]:
    """The event; one in thirty with another header, path or method, or with parts missing."""
    if draw.random() >= 1 / 30:
        return event
    done.append("event")
    what = draw.randrange(5)
    headers = dict(event["headers"])
    if what == 0:
        headers["x-amz-target"] = draw.choice(
            ("", "AmazonPersonalize.", "AmazonPersonalize.Nothing", "Other.ListRecipes")
        )
    elif what == 1:
        headers["content-type"] = draw.choice(("", "text/plain", "application/json; charset=utf-16", "application/xml"))
    elif what == 2:
        return {**event, "isBase64Encoded": not event["isBase64Encoded"]}
    elif what == 3:
        method = draw.choice(("GET", "PUT", "DELETE", ""))
        context = {**event["requestContext"], "http": {**event["requestContext"]["http"], "method": method}}
        return {**event, "requestContext": context, "rawPath": draw.choice(("/", "/x", ""))}
    else:
        return {part: value for part, value in event.items() if draw.random() < 0.8}
    return {**event, "headers": headers}


def _places(document: Document, steps: Steps = ()) -> Iterator[Steps]:
    """Every value in the document, from the outside in."""
    yield steps
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, value in inner:
        yield from _places(value, (*steps, step))


def _place(draw: random.Random, document: Document) -> Steps:
    return draw.choice(list(_places(document)))


def _at(document: Document, steps: Steps) -> Any:
    for step in steps:
        document = document[step]
    return document


def _text(draw: random.Random, document: Document, fits: Callable[[str], bool]) -> tuple[Steps, str]:
    """A text in the document that fits, and where it is."""
    texts = [(steps, value) for steps in _places(document) if isinstance(value := _at(document, steps), str)]
    return draw.choice([(steps, text) for steps, text in texts if fits(text)])
