"""Which operation a request asks for, and that operation compiled: how to read its input and write its output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from reco.errors import UnknownOperation
from reco.wire.parsing import Reader, reader
from reco.wire.request import Request
from reco.wire.serialising import Writer, writer
from reco.wire.service_models import CONTROL, REST_SERVICES, operation_model, service_model


@dataclass(frozen=True)
class Route:
    """One operation, ready to use."""

    service: str
    operation: str
    read: Reader
    write: Writer | None
    """None for an operation without output: its answer has an empty body."""


def asks_control(request: Request) -> bool:
    """Whether this is a request in JSON 1.1; every other path speaks REST-JSON."""
    return request.method == "POST" and request.path == "/"


def find_route(request: Request) -> Route:
    """Loads only the models that the path asks for.

    Raises:
        UnknownOperation: no operation has this target, or this method and path.
    """
    if not asks_control(request):
        address = (request.method, request.path)
        if address not in rest_addresses():
            raise UnknownOperation(f"no operation at {request.method} {request.path[:256]}")
        return route(*rest_addresses()[address])
    target = request.headers.get("x-amz-target", "")
    prefix, _, operation = target.rpartition(".")
    model = service_model(CONTROL)
    if prefix != model.metadata["targetPrefix"] or operation not in model.operation_names:
        raise UnknownOperation(f"no operation for X-Amz-Target {target[:256]!r}")
    return route(CONTROL, operation)


@cache
def route(service: str, operation: str) -> Route:
    model = operation_model(service, operation)
    output = model.output_shape
    return Route(
        service=service,
        operation=operation,
        read=reader(service, model.input_shape.name),
        write=writer(service, output.name) if output is not None else None,
    )


@cache
def rest_addresses() -> Mapping[tuple[str, str], tuple[str, str]]:
    """Method and path to service and operation. No path of the models has a parameter in it."""
    return {
        (model.http["method"], model.http["requestUri"]): (service, model.name)
        for service in REST_SERVICES
        for model in (operation_model(service, name) for name in service_model(service).operation_names)
    }
