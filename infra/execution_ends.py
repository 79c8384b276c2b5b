"""Rules that tell a function of executions that have ended, which run no state of their own any more."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

BAD = ("ABORTED", "FAILED", "TIMED_OUT")
"""Statuses of an execution that did not come to its end by itself."""
ANY = ("ABORTED", "FAILED", "SUCCEEDED", "TIMED_OUT")
"""All statuses of an execution that has ended."""


def tell_of_ends(
    scope: Construct,
    name: str,
    machines: Iterable[sfn.IStateMachine],
    statuses: Iterable[str],
    function: lambda_.IFunction,
    description: str,
) -> None:
    """A rule of this name: the function hears when an execution of these machines ends with one of the statuses."""
    events.Rule(
        scope,
        name,
        description=description,
        event_pattern=events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={
                "status": list(statuses),
                "stateMachineArn": [machine.state_machine_arn for machine in machines],
            },
        ),
        targets=[targets.LambdaFunction(function)],
    )
