"""A service that answers each look at a resource with the next status of a script, and a clock that sleeping moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name

from reco.errors import ResourceNotFound
from reco.wire.call import Call
from tests.wire.clients import ACCOUNT, REGION, connect

GONE = "gone"


def arn_of(kind: str, name: str = "x") -> str:
    return f"arn:aws:personalize:{REGION}:{ACCOUNT}:{kind}/{name}"


class Script:
    """Says one line at each look; the last for ever."""

    def __init__(self, lines: Iterable[dict[str, Any] | str]) -> None:
        self._lines: list[dict[str, Any] | str] = list(lines)
        self.looks = 0

    def client(self, operation: str) -> Any:
        root = xform_name(operation.removeprefix("Describe"))

        def describe(call: Call) -> dict[str, Any]:
            line = self._lines[min(self.looks, len(self._lines) - 1)]
            self.looks += 1
            if line == GONE:
                raise ResourceNotFound(next(iter(call.parameters.values())))
            return {root: {"status": line} if isinstance(line, str) else line}

        return connect("personalize", {operation: describe})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long botocore's waiters would have slept, each time."""
    naps: list[float] = []
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=naps.append))
    yield naps
