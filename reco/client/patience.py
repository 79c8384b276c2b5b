"""Asking again while the service says "not now": a resource in use, or as many jobs running as may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

FIRST_S, FACTOR, LONGEST_S = 1.0, 1.6, 60.0


@dataclass(frozen=True)
class Patience:
    """How long to go on, and because of what."""

    codes: tuple[str, ...]
    """Codes of errors that pass by themselves."""
    timeout_s: float
    tell: Callable[[str], None]
    """Told, once, what is waited for."""
    sleep: Callable[[float], None]

    def call(self, operation: Callable[..., Any], parameters: Mapping[str, Any]) -> Any:
        """The answer of the operation, whose other errors come through at once.

        Raises:
            ClientError: also the last of those that should have passed, when the time is over.
        """
        waited, pause = 0.0, FIRST_S
        while True:
            try:
                return operation(**parameters)
            except ClientError as error:
                said = error.response.get("Error", {})
                if said.get("Code") not in self.codes or waited >= self.timeout_s:
                    raise
                if not waited:
                    self.tell(f"waiting: {said.get('Message')}")
                self.sleep(pause)
                waited += pause
                pause = min(pause * FACTOR, LONGEST_S)
