"""A handler as a Lambda function: its own role with exactly the rights given here, its own log that expires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from infra.options import Options

RUNTIME = lambda_.Runtime.PYTHON_3_14


def make_handler(
    stack: cdk.Stack,
    name: str,
    *,
    sentence: str,
    code: Path,
    options: Options,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
    memory_mb: int,
    timeout_s: int,
    key: kms.IKey | None,
    disk_mb: int = 512,
) -> lambda_.Function:
    """The function `name`, whose handler is lambdas.NAME.handler.lambda_handler."""
    log = make_log(stack, name, options, key)
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
        role=make_role(stack, name, [iam.ServicePrincipal("lambda.amazonaws.com")], [log_statement(log), *statements]),
        log_group=log,
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


def make_log(stack: cdk.Stack, name: str, options: Options, key: kms.IKey | None) -> logs.LogGroup:
    return logs.LogGroup(
        stack,
        f"{name}Log",
        retention=retention(options),
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def retention(options: Options) -> logs.RetentionDays:
    names = {1827: "FIVE_YEARS", 3653: "TEN_YEARS", 731: "TWO_YEARS", 545: "EIGHTEEN_MONTHS", 400: "THIRTEEN_MONTHS"}
    names |= {365: "ONE_YEAR", 180: "SIX_MONTHS", 150: "FIVE_MONTHS", 120: "FOUR_MONTHS", 90: "THREE_MONTHS"}
    names |= {60: "TWO_MONTHS", 30: "ONE_MONTH", 14: "TWO_WEEKS", 7: "ONE_WEEK", 5: "FIVE_DAYS", 3: "THREE_DAYS"}
    names |= {1: "ONE_DAY"}
    return logs.RetentionDays[names[options.log_retention_days]]


def log_statement(log: logs.LogGroup) -> iam.PolicyStatement:
    """May write to its own log, which exists already."""
    return iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn])
