"""How differences between a file and an account are shown to a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from reco.client.apply_configuration import NotApplied
from reco.client.apply_kinds import operations_on
from reco.client.apply_plan import Action, Step

_LONGEST_VALUE = 60


def table(steps: list[Step]) -> Iterator[str]:
    """A line for each resource with something to do, below it one for each member that differs; then the counts."""
    changing = [step for step in steps if step.action is not Action.KEEP]
    rows = [(step.action.value, _said(step), step.wanted.path, step.note) for step in changing]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for step, row in zip(changing, rows, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for each in step.differences:
            yield f"    {each.member}: {_shown(each.actual)} -> {_shown(each.wanted)}"
        if step.tags:
            yield f"    tags: {_shown(dict(step.tags))}"
        if step.advice:
            yield f"    {step.advice}"
    for step in steps:
        if step.action is Action.KEEP and step.note:
            yield f"note: {step.wanted.path}: {step.note}"
    counts = [f"{sum(step.action is action for step in steps)} {_COUNTED[action]}" for action in Action]
    yield ", ".join(count for count in counts if not count.startswith("0 ")) + "."


_COUNTED = {
    Action.KEEP: "as they are",
    Action.WAIT: "on their way",
    Action.CREATE: "to create",
    Action.REPLACE: "to replace",
    Action.UPDATE: "to update",
    Action.BLOCKED: "that must be recreated by hand",
}


def not_applied_lines(entries: Iterable[NotApplied]) -> Iterator[str]:
    for each in entries:
        yield f"not applied: {each.path}: {_shown(each.value)}: {each.reason}"


def _said(step: Step) -> str:
    return f"{operations_on(step.wanted.kind).said} {step.wanted.name}".rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    # Of two ARNs it is the end that differs.
    return text if len(text) <= _LONGEST_VALUE or text.startswith("arn:") else f"{text[: _LONGEST_VALUE - 3]}..."
