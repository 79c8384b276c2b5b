"""What of the API is there, as a page: `python -m tests.conformance.coverage > docs/reference/api-coverage.md`.

Everything on it is a count of the service models' own shapes, or stands in a table that a test here holds against what
really happens.
"""

from __future__ import annotations

from collections.abc import Iterator

from botocore.model import Shape

from tests.conformance.answers import AGAINST_MODEL
from tests.conformance.requests import is_within, members
from tests.conformance.states import NEVER_SHOWN
from tests.conformance.unreachable import BESIDE_MODEL, NOT_YET, modelled, reached, unreached
from tests.conformance.values import NEVER_TAKEN
from tests.wire.samples import MODELS, OPERATIONS

_INTRODUCTION = """\
# Coverage of the API

All operations of Amazon Personalize's three services, and how far each is there. Made from the service models and from
the tables of the conformance tests by `python -m tests.conformance.coverage > docs/reference/api-coverage.md`.

* **Members** are those of the request, nested ones too. Each is sent in a valid request, and tried with values just
  inside and just outside of every limit that the service model gives it. For the control plane that happens over its
  whole stack, with boto3; for the two others, over the wire.
* **Shown** are the members of the answer, nested ones too. Each is really shown in some state of the world, and has the
  type, the limits and the place that the model gives it. Of the two others this is tested for whatever their answers
  hold, and not for what they do hold.
* **Errors** are those that the service model gives the operation, as answered of all. An error counts as answered when
  a test provokes it; those that never come are listed below with the reason.
"""


def as_markdown() -> str:
    """The whole page."""
    sections = (line for service in MODELS for line in _service(service))
    return "\n".join([_INTRODUCTION, *sections, *_never_answered(), *_never_met(), *_otherwise()])


def _service(service: str) -> Iterator[str]:
    names = MODELS[service].operation_names
    there = [name for name in names if name not in NOT_YET]
    yield f"## {service}\n"
    yield f"{len(there)} of {len(names)} operations are there.\n"
    yield "| Operation | | Members | Shown | Errors answered |"
    yield "|---|---|---|---|---|"
    for name in names:
        available = "there" if name in there else "refused as not available"
        yield f"| {name} | {available} | {_members(name)} | {_shown(name)} | {_errors(name)} |"
    yield ""


def _members(operation: str) -> str:
    return _counted(OPERATIONS[operation].input_shape, [path for name, path in NEVER_TAKEN if name == operation])


def _shown(operation: str) -> str:
    shape = OPERATIONS[operation].output_shape
    return _counted(shape, [path for name, path in NEVER_SHOWN if name == operation]) if shape else "no body"


def _counted(shape: Shape, never: list[str]) -> str:
    """How many members a shape has, and how many of them are met."""
    every = [path for path, _ in members(shape)]
    met = [path for path in every if not is_within(path, never)]
    return str(len(every)) if len(met) == len(every) else f"{len(met)} of {len(every)}"


def _errors(operation: str) -> str:
    answered, all_of_them = reached(operation), modelled(operation)
    names = ", ".join(code.removesuffix("Exception") for code in answered)
    return f"{len(answered)} of {len(all_of_them)}: {names}"


def _never_answered() -> Iterator[str]:
    yield "## Errors that never come\n"
    yield "| Operation | Error | Why |"
    yield "|---|---|---|"
    for (operation, code), reason in unreached().items():
        yield f"| {operation} | {code} | {reason} |"
    yield ""


def _never_met() -> Iterator[str]:
    yield "## Members that no request can hold\n"
    yield "| Operation | Member | Why |"
    yield "|---|---|---|"
    for (operation, member), reason in NEVER_TAKEN.items():
        yield f"| {operation} | `{member}` | {reason} |"
    yield ""
    yield "## Members that no answer shows\n"
    yield "| Operation | Member | Why |"
    yield "|---|---|---|"
    for (operation, member), reason in NEVER_SHOWN.items():
        yield f"| {operation} | `{member}` | {reason} |"
    yield ""


def _otherwise() -> Iterator[str]:
    yield "## Where the service and its model differ\n"
    yield "| Operation | What | Why |"
    yield "|---|---|---|"
    for (operation, what), reason in {**BESIDE_MODEL, **AGAINST_MODEL}.items():
        yield f"| {operation} | `{what}` | {reason} |"
    yield ""


if __name__ == "__main__":
    print(as_markdown(), end="")
