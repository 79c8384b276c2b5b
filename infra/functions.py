"""A handler as a Lambda function: its own role with exactly the rights given here, its own log that expires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from infra.options import Options

RUNTIME = lambda_.Runtime.PYTHON_3_14
"""The newest that Lambda has; `infra.assets` fetches wheels for it."""
LAMBDA = iam.ServicePrincipal("lambda.amazonaws.com")


@dataclass(frozen=True)
class Identity:
    """As whom a function runs, and where it writes what it did."""

    role: iam.Role
    log: logs.LogGroup


def make_identity(
    stack: cdk.Stack,
    name: str,
    statements: Sequence[iam.PolicyStatement],
    *,
    options: Options,
    key: kms.IKey | None,
    principals: Sequence[iam.IPrincipal] = (LAMBDA,),
) -> Identity:
    """A role with these rights, and with that to write to its own log."""
    log = make_log(stack, name, options, key)
    write_log = iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
    )
    return Identity(make_role(stack, name, principals, [write_log, *statements]), log)


def make_handler(
    stack: cdk.Stack,
    name: str,
    identity: Identity,
    *,
    sentence: str,
    code: Path,
    environment: Mapping[str, str],
    memory_mb: int,
    timeout_s: int,
    key: kms.IKey | None,
    disk_mb: int = 512,
) -> lambda_.Function:
    """The function `name`, whose handler is lambdas.NAME.handler.lambda_handler."""
    return lambda_.Function(
        stack,
        name,
        description=sentence,
        runtime=RUNTIME,
        architecture=lambda_.Architecture.ARM_64,
        code=lambda_.Code.from_asset(str(code)),
        handler=f"lambdas.{name.lower()}.handler.lambda_handler",
        environment=dict(environment),
        environment_encryption=key,
        memory_size=memory_mb,
        timeout=cdk.Duration.seconds(timeout_s),
        ephemeral_storage_size=cdk.Size.mebibytes(disk_mb),
        role=identity.role,
        log_group=identity.log,
        logging_format=lambda_.LoggingFormat.JSON,
    )


def make_role(
    stack: cdk.Stack, name: str, principals: Sequence[iam.IPrincipal], statements: Sequence[iam.PolicyStatement]
) -> iam.Role:
    return iam.Role(
        stack,
        f"{name}Role",
        assumed_by=iam.CompositePrincipal(*principals),
        inline_policies={"Work": iam.PolicyDocument(statements=list(statements))},
    )


def make_log(
    stack: cdk.Stack, name: str, options: Options, key: kms.IKey | None, group_name: str | None = None
) -> logs.LogGroup:
    return logs.LogGroup(
        stack,
        f"{name}Log",
        log_group_name=group_name,
        retention=RETENTIONS[options.log_retention_days],
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


RETENTIONS = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}
