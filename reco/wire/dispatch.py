"""One event in, one response out: what each API handler does, and all it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging import Logger

from reco.arns import Owner, partition_of
from reco.clock import Clock
from reco.errors import ClientFault, InvalidInput
from reco.wire.answers import failure, success
from reco.wire.call import Call, Operation
from reco.wire.faults import INTERNAL, fault_for
from reco.wire.parsing import Problems
from reco.wire.request import read_document, read_event
from reco.wire.routing import asks_control, find_route
from reco.wire.service_models import CONTROL
from reco.wire.text_limits import check_text_limits

logger = Logger(service="reco")


INVOCATION = "amz-sdk-invocation-id"
"""Header, in lower case as the gateway hands it on."""


def respond(
    event: Mapping[str, Any], operations: Mapping[str, Operation], clock: Clock, *, region: str
) -> dict[str, Any]:
    """Answers an API Gateway event (HTTP API, payload format 2.0) with a Lambda proxy response; raises nothing.

    `operations` maps names such as `CreateSchema` to service methods. One that the service has but the mapping lacks
    is refused as not available. A fault of the caller becomes its modelled error; anything else is logged in full and
    becomes an InternalFailure that tells nothing.
    """
    request = read_event(event)
    service = CONTROL if asks_control(request) else ""
    operation = ""
    try:
        route = find_route(request)
        service, operation = route.service, route.operation
        method = operations.get(operation)
        if method is None:
            raise InvalidInput(f"{operation} is not available in this version")
        problems = Problems()
        parameters = route.read(read_document(request), None, problems)
        check_text_limits(operation, parameters, problems)
        problems.raise_any()
        call = Call(
            operation=operation,
            parameters=parameters,
            owner=Owner(request.account, region, partition_of(region)),
            caller_arn=request.caller_arn,
            request_id=request.request_id,
            now=clock(),
            invocation=request.headers.get(INVOCATION),
        )
        output = method(call)
        return success(service, request.request_id, route.write(output or {}) if route.write else None)
    except ClientFault as error:
        return failure(service, request.request_id, fault_for(error, service))
    except Exception:
        logger.exception("unexpected failure", operation=operation, request_id=request.request_id)
        return failure(service, request.request_id, INTERNAL)
