"""Automatic training: the group that solutions' schedules lie in, the role they call as, and who hears of an end.

The schedules themselves are made by the control function while solutions come and go. A group costs nothing; each
call of a schedule costs as an invocation of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn

from infra.execution_ends import ANY, tell_of_ends


@dataclass(frozen=True)
class Schedules:
    """Where schedules lie, and as whom they call."""

    group: scheduler.CfnScheduleGroup
    role: iam.Role

    def rights(self) -> list[iam.PolicyStatement]:
        """What making, changing and removing them takes."""
        stack = cdk.Stack.of(self.group)
        of_the_group = stack.format_arn(service="scheduler", resource="schedule", resource_name=f"{self.group.ref}/*")
        return [
            iam.PolicyStatement(
                actions=["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
                resources=[of_the_group],
            ),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            ),
        ]

    def let_call(self, function: lambda_.IFunction) -> None:
        """A policy of its own: the function is told of the role, so the role cannot name it."""
        iam.Policy(
            cdk.Stack.of(self.group),
            "SchedulesCall",
            roles=[self.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])],
        )


def make_schedules(stack: cdk.Stack) -> Schedules:
    group = scheduler.CfnScheduleGroup(stack, "Schedules", name=f"{stack.stack_name}-AutomaticTraining")
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnEquals": {"aws:SourceArn": group.attr_arn},
        },
    )
    return Schedules(group, iam.Role(stack, "SchedulesRole", assumed_by=principal))


def tell_followers(stack: cdk.Stack, machines: Sequence[sfn.IStateMachine], function: lambda_.IFunction) -> None:
    """However an execution ends, a version may have turned ACTIVE before: campaigns that follow it want to know."""
    said = "Tells the control function of trainings and deployments that ended, for campaigns that follow."
    tell_of_ends(stack, "Ends", machines, ANY, function, said)
