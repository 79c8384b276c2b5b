"""`reco wait`: until a resource is ready, gone or stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from reco.cli.service import Trouble, print_json, service_options, told

if TYPE_CHECKING:
    from reco.client.waiter_model import Condition, Goal

FAILED, TIMED_OUT = 1, 3


@click.command()
@click.argument("arn")
@click.option("--deleted", "goal", flag_value="deleted", help="Wait until it is gone.")
@click.option("--stopped", "goal", flag_value="stopped", help="Wait until a recommender or a training has stopped.")
@click.option("--active", "goal", flag_value="active", default="active", help="Wait until it can be used: the default.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, 7 * 24 * 3600),
    default=3 * 3600,
    show_default=True,
    help="Seconds after which to give up.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the end as JSON.")
@service_options
def wait(
    arn: str,
    goal: Goal,
    timeout: float,
    as_json: bool,
    region: str | None,
    endpoint: str | None,
    profile: str | None,
) -> None:
    """Wait for the resource that ARN names, here or at Amazon Personalize.

    Exit status: 0 it is so, 1 it never will be (the reason is printed), 2 it could not be asked for, 3 the time is
    over.
    """
    from botocore.exceptions import WaiterError

    from reco.client.connecting import connect
    from reco.client.waiters import NOT_THERE, WaitTimeout, refusal_code, wait_until

    began = time.monotonic()
    progress = Progress(arn, began, quiet=as_json)
    failure: str | None = None
    status = 0
    with told():
        client = connect(region, endpoint, profile)
        try:
            wait_until(client, arn, goal, timeout_s=timeout, watch=progress)
        except WaiterError as error:
            failure = error.kwargs["reason"]
            status = TIMED_OUT if isinstance(error, WaitTimeout) else FAILED
            if status == FAILED and refusal_code(error) not in (None, NOT_THERE):
                raise Trouble(str(failure)) from error
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json(_end(arn, goal, progress, failure, seconds))
    elif failure is None:
        click.echo(f"{arn} is {goal if goal != 'active' else progress.status or 'there'} after {seconds:g} s.")
    else:
        click.echo(f"Error: {failure}", err=True)
    click.get_current_context().exit(status)


class Progress:
    """A line on standard error whenever the status changes, and at least every half minute."""

    def __init__(self, arn: str, began: float, quiet: bool) -> None:
        self._arn = arn
        self._began = began
        self._quiet = quiet
        self._told = began
        self.status: str | None = None
        self.reason: str | None = None

    def __call__(self, condition: Condition) -> None:
        now = time.monotonic()
        changed = condition.status != self.status
        self.status, self.reason = condition.status, condition.reason
        if not self._quiet and condition.status and (changed or now - self._told > 30):
            self._told = now
            click.echo(f"{now - self._began:6.0f} s  {condition.status}  {self._arn}", err=True)


def _end(arn: str, goal: str, progress: Progress, failure: str | None, seconds: float) -> dict[str, Any]:
    gone = goal == "deleted" and failure is None
    return {
        "arn": arn,
        "waitedFor": goal,
        "reached": failure is None,
        "status": None if gone else progress.status,
        "failureReason": progress.reason if failure is not None else None,
        "error": failure,
        "seconds": seconds,
    }
