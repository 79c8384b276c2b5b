"""The only map from this project's errors to the codes and statuses of the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from reco.errors import (
    AccessDenied,
    ClientFault,
    InvalidInput,
    InvalidNextToken,
    LimitExceeded,
    MalformedRequest,
    MetricAlreadyExists,
    ResourceAlreadyExists,
    ResourceInUse,
    ResourceNotFound,
    Throttled,
    TooManyTagKeys,
    TooManyTags,
    UnknownOperation,
)
from reco.wire.service_models import CONTROL, error_shapes


@dataclass(frozen=True)
class Fault:
    """What the caller is told."""

    code: str
    status: int
    message: str


MODELLED: dict[type[ClientFault], str] = {
    InvalidInput: "InvalidInputException",
    InvalidNextToken: "InvalidNextTokenException",
    ResourceNotFound: "ResourceNotFoundException",
    ResourceAlreadyExists: "ResourceAlreadyExistsException",
    MetricAlreadyExists: "ResourceAlreadyExistsException",
    ResourceInUse: "ResourceInUseException",
    LimitExceeded: "LimitExceededException",
    TooManyTags: "TooManyTagsException",
    TooManyTagKeys: "TooManyTagKeysException",
}
"""Codes that the service models know; a service that lacks one says InvalidInputException, which all three have."""

UNMODELLED: dict[type[ClientFault], tuple[str, HTTPStatus]] = {
    AccessDenied: ("AccessDeniedException", HTTPStatus.BAD_REQUEST),
    MalformedRequest: ("SerializationException", HTTPStatus.BAD_REQUEST),
    Throttled: ("ThrottlingException", HTTPStatus.TOO_MANY_REQUESTS),
}
"""Codes of the protocol itself. botocore retries ThrottlingException and status 429 alike."""

INTERNAL = Fault("InternalFailure", HTTPStatus.INTERNAL_SERVER_ERROR, "Internal failure; the request may be retried")


def fault_for(error: ClientFault, service: str) -> Fault:
    """`service` is "" for a path at which none of the REST services has an operation."""
    if isinstance(error, UnknownOperation):
        status = HTTPStatus.BAD_REQUEST if service == CONTROL else HTTPStatus.NOT_FOUND
        return Fault("UnknownOperationException", status, error.message)
    for kind in type(error).__mro__:
        if kind in UNMODELLED:
            code, unmodelled_status = UNMODELLED[kind]
            return Fault(code, unmodelled_status, error.message)
        if kind in MODELLED:
            return _modelled(MODELLED[kind], service or CONTROL, error.message)
    return _modelled(MODELLED[InvalidInput], service or CONTROL, error.message)


def _modelled(code: str, service: str, message: str) -> Fault:
    shapes = error_shapes(service)
    code = code if code in shapes else MODELLED[InvalidInput]
    return Fault(code, shapes[code].metadata.get("error", {}).get("httpStatusCode", HTTPStatus.BAD_REQUEST), message)
