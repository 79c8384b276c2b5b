"""Automatic training: the group that schedules lie in, the role they call as, and who hears of an end.

The schedules themselves are made by the control function while solutions and recommenders come and go. A group costs
nothing; each call of a schedule costs as an invocation of it. A stack that is made anew has a group of another name, by
which the control function sees that what it made before is gone; a schedule of the stack's own has it look as soon as
the stack is there, and once a day from then on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn

from infra.execution_ends import ANY, tell_of_ends
from reco.jobs.schedules import MEND, TASK


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
        stack = cdk.Stack.of(self.group)
        policy = iam.Policy(
            stack,
            "SchedulesCall",
            roles=[self.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])],
        )
        self._mend_daily(stack, function).node.add_dependency(policy)

    def _mend_daily(self, stack: cdk.Stack, function: lambda_.IFunction) -> scheduler.CfnSchedule:
        """A rate without a beginning: the first call comes as soon as the schedule is there."""
        return scheduler.CfnSchedule(
            stack,
            "Mending",
            description="Has the control function make the schedules of automatic trainings that are missing.",
            group_name=self.group.ref,
            schedule_expression="rate(24 hours)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.function_arn, role_arn=self.role.role_arn, input=json.dumps({TASK: MEND})
            ),
        )


def make_schedules(stack: cdk.Stack) -> Schedules:
    # The end of the stack's id, 12 hexadecimal digits.
    own = cdk.Fn.select(4, cdk.Fn.split("-", cdk.Fn.select(2, cdk.Fn.split("/", stack.stack_id))))
    group = scheduler.CfnScheduleGroup(stack, "Schedules", name=f"{stack.stack_name}-AutomaticTraining-{own}")
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnEquals": {"aws:SourceArn": group.attr_arn},
        },
    )
    return Schedules(group, iam.Role(stack, "SchedulesRole", assumed_by=principal))


def tell_followers(stack: cdk.Stack, machines: Sequence[sfn.IStateMachine], function: lambda_.IFunction) -> None:
    """However an execution ends, what it was for may have turned ACTIVE before: campaigns follow a version, and a
    recommender wants its schedule."""
    said = "Tells the control function of trainings and deployments that ended, for campaigns and schedules."
    tell_of_ends(stack, "Ends", machines, ANY, function, said)
