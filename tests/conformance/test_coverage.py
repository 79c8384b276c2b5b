"""The page of the documentation that says what of the API is there."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.coverage import as_markdown
from tests.wire.samples import OPERATIONS


def test_the_page_is_what_the_tables_say() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "api-coverage.md"
    command = "python -m tests.conformance.coverage > docs/reference/api-coverage.md"
    assert page.read_text() == as_markdown(), f"run {command}"


def test_every_operation_has_one_line() -> None:
    lines = as_markdown().splitlines()
    named = [line.split(" | ")[0].removeprefix("| ") for line in lines if "there |" in line or "available |" in line]
    assert sorted(named) == sorted(OPERATIONS)
