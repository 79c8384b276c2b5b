"""What a stack tells those who look it up by name: the local stack, the tests, the README's commands."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct


def put_out(stack: cdk.Stack, **values: str) -> None:
    """Makes one CfnOutput per value, with exactly this key; a resource of the same name keeps its own id."""
    for key, value in values.items():
        scope = Construct(stack, f"{key}Output")
        cdk.CfnOutput(scope, "Value", value=value).override_logical_id(key)
