"""Waiting until a resource is ready, gone or stopped, with any boto3 client of `personalize`.

    from reco.waiters import wait_until_active, wait_until_deleted, waiter_for

    wait_until_active(client, campaign_arn)
    waiter_for(client, campaign_arn).wait(campaignArn=campaign_arn, WaiterConfig={"Delay": 30, "MaxAttempts": 60})

`waiter_for` gives botocore's own waiter. The `wait_until_...` functions use the same waiters and look often at first
and seldom later: a second apart for the first ten, a minute apart after ten minutes. So a laptop answers at once and
Amazon's request rate is not spent on a training of hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import WaiterError
from botocore.waiter import NormalizedOperationMethod, Waiter, create_waiter_with_client

from reco.client.waiter_model import (
    Condition,
    Goal,
    Waitable,
    condition_of,
    waitable_for,
    waiter_model,
    waiter_name,
)

TIMEOUT_S = 3 * 60 * 60.0

PACE = ((10.0, 1.0), (60.0, 5.0), (600.0, 15.0), (float("inf"), 60.0))
"""Until so many seconds have been waited: so many between two looks."""

NOT_THERE = "ResourceNotFoundException"
_OUT_OF_ATTEMPTS = "Max attempts exceeded"

Watch = Callable[[Condition], None]
"""Told what each look found, the last one included; not told of a resource that is not there."""


class WaitTimeout(WaiterError):
    """The time is over, and the resource was still on its way."""


def waiter_for(client: Any, arn: str, goal: Goal = "active") -> Waiter:
    """botocore's waiter for the kind of resource that `arn` names; call its `wait` as with any boto3 waiter.

    Args:
        goal: "active" is ACTIVE, or COMPLETED for the jobs that end so, with the latest update where there was one;
            "deleted" is gone; "stopped" is INACTIVE for a recommender, CREATE STOPPED for a solution version.

    Raises:
        InvalidInput: no kind has such an ARN, or the kind does not stop.
    """
    model = client.meta.service_model
    return create_waiter_with_client(waiter_name(waitable_for(model, arn), goal), waiter_model(model), client)


def wait_until_active(
    client: Any,
    arn: str,
    *,
    timeout_s: float = TIMEOUT_S,
    watch: Watch | None = None,
    WaiterConfig: Mapping[str, int] | None = None,
) -> None:
    """Returns when the resource, and its latest update, is ACTIVE, or a job is COMPLETED.

    Ask first, then wait: an INACTIVE recommender that nobody starts counts as a failure at once.

    Args:
        timeout_s: how long to go on; not used with a WaiterConfig.
        WaiterConfig: Delay (seconds) and MaxAttempts, exactly as boto3's waiters take them.

    Raises:
        WaiterError: it failed, was stopped, is being deleted or is not there. The message carries the failureReason,
            `last_response` the whole last answer.
        WaitTimeout: the time is over; also a WaiterError.
        InvalidInput: no kind has such an ARN.
    """
    wait_until(client, arn, "active", timeout_s=timeout_s, watch=watch, WaiterConfig=WaiterConfig)


def wait_until_deleted(
    client: Any,
    arn: str,
    *,
    timeout_s: float = TIMEOUT_S,
    watch: Watch | None = None,
    WaiterConfig: Mapping[str, int] | None = None,
) -> None:
    """Returns when the resource is not there. Arguments and errors as for `wait_until_active`."""
    wait_until(client, arn, "deleted", timeout_s=timeout_s, watch=watch, WaiterConfig=WaiterConfig)


def wait_until_stopped(
    client: Any,
    arn: str,
    *,
    timeout_s: float = TIMEOUT_S,
    watch: Watch | None = None,
    WaiterConfig: Mapping[str, int] | None = None,
) -> None:
    """Returns when a recommender is INACTIVE, or a solution version CREATE STOPPED.

    A training that ended before the request to stop it counts as a failure. Otherwise as `wait_until_active`.
    """
    wait_until(client, arn, "stopped", timeout_s=timeout_s, watch=watch, WaiterConfig=WaiterConfig)


def wait_until(
    client: Any,
    arn: str,
    goal: Goal,
    *,
    timeout_s: float = TIMEOUT_S,
    watch: Watch | None = None,
    WaiterConfig: Mapping[str, int] | None = None,
) -> None:
    """The three functions above, by the name of what to wait for."""
    model = client.meta.service_model
    waitable = waitable_for(model, arn)
    name = waiter_name(waitable, goal)
    waiter = Waiter(name, waiter_model(model).get_waiter(name), _watched(client, waitable, watch))
    for pace in [dict(WaiterConfig)] if WaiterConfig is not None else _paces(timeout_s):
        try:
            waiter.wait(**{waitable.arn_member: arn}, WaiterConfig=pace)
            return
        except WaiterError as error:
            if not error.kwargs["reason"].startswith(_OUT_OF_ATTEMPTS):
                raise WaiterError(name, _why(waitable, arn, error), error.last_response) from error
            last = error
    condition = condition_of(waitable, last.last_response.get(waitable.root, {}))
    raise WaitTimeout(
        name, f"the time is over, and {arn} is still {condition.status or 'there'}", last.last_response
    ) from last


def _watched(client: Any, waitable: Waitable, watch: Watch | None) -> Callable[..., Any]:
    look = NormalizedOperationMethod(getattr(client, xform_name(waitable.operation)))
    if watch is None:
        return look

    def looking(**parameters: Any) -> Any:
        response = look(**parameters)
        if waitable.root in response:
            watch(condition_of(waitable, response[waitable.root]))
        return response

    return looking


def _paces(timeout_s: float) -> Iterator[dict[str, float]]:
    """WaiterConfigs to use one after the other, so that their sleeping makes up the time and no more."""
    waited = 0.0
    for until, delay in PACE:
        span = min(until, timeout_s) - waited
        sleeps = int(span // delay)
        if sleeps > 0:
            yield {"Delay": delay, "MaxAttempts": sleeps + 1}
            waited += sleeps * delay
    yield {"Delay": max(0.0, timeout_s - waited), "MaxAttempts": 2}


def refusal_code(error: WaiterError) -> str | None:
    """The code with which the service refused the last look; None where it answered."""
    code: str | None = error.last_response.get("Error", {}).get("Code")
    return code


def _why(waitable: Waitable, arn: str, error: WaiterError) -> str:
    response = error.last_response
    if refusal_code(error) == NOT_THERE:
        return f"{arn} is not there"
    if waitable.root not in response:
        return str(error.kwargs["reason"])
    condition = condition_of(waitable, response[waitable.root])
    return f"{arn} is {condition.status}" + (f": {condition.reason}" if condition.reason else "")
