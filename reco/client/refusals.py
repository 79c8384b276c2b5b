"""What went wrong with a request or a wait, in one line for a person."""

from __future__ import annotations

from botocore.exceptions import ClientError, WaiterError


def in_one_line(error: Exception) -> str:
    """A service's refusal with the operation and its code, a waiter's reason, or the error's own words."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return f"{error.operation_name}: {said.get('Code')}: {said.get('Message')}"
    if isinstance(error, WaiterError):
        return str(error.kwargs["reason"])
    return str(error)
