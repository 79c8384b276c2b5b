"""What went wrong with a request or a wait, in one line for a person, with what to do where it is the environment."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    WaiterError,
)

_NO_ANSWER = "Is `make up` running, and at this port? AWS_ENDPOINT_URL says where it is looked for."
_ADVICE: dict[type[Exception], str] = {
    NoRegionError: "Name one: export AWS_DEFAULT_REGION=us-east-1, or --region.",
    NoCredentialsError: "Log in to AWS, or for `make up` take any: "
    "export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any.",
    EndpointConnectionError: _NO_ANSWER,
    ConnectTimeoutError: _NO_ANSWER,
}
"""What helps, by botocore's name for what is amiss."""


def in_one_line(error: Exception) -> str:
    """A service's refusal with the operation and its code, a waiter's reason, or the error's own words with advice."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return f"{error.operation_name}: {said.get('Code')}: {said.get('Message')}"
    if isinstance(error, WaiterError):
        return str(error.kwargs["reason"])
    words = " ".join(str(error).split())
    advice = next((_ADVICE[kind] for kind in type(error).__mro__ if kind in _ADVICE), None)
    return words if advice is None else f"{words.rstrip('.')}. {advice}"
