"""The state machines, and an execution of one by the local stack's interpreter, with functions in place of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.machines import (
    Addresses,
    deploy_machine,
    import_machine,
    recommender_machine,
    train_machine,
)
from local.clients import Clients

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
LARGEST_PAYLOAD = 32_000
CLIENTS = Clients("us-east-1")

Functions = Mapping[str, Callable[[dict[str, Any]], Any]]


def addresses() -> Addresses:
    def function(name: str) -> str:
        return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"

    return Addresses(
        partition="aws",
        workflow_arn=function("Workflow"),
        deployment_arn=function("Deployment"),
        job_arn=function("Job"),
        job_role_arn=f"arn:aws:iam::{ACCOUNT}:role/job",
        image_uri=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/assets:1",
    )


MACHINES = {
    "import": import_machine(addresses()),
    "train": train_machine(addresses()),
    "deploy": deploy_machine(addresses()),
    "recommender": recommender_machine(addresses()),
}


class Run:
    """One execution to its end, with functions in place of ours."""

    def __init__(self, machine: str, given: str) -> None:
        states, lambda_ = CLIENTS.shared("stepfunctions"), CLIENTS.shared("lambda")
        CLIENTS.shared("iam").create_role(RoleName="machine", AssumeRolePolicyDocument="{}")
        for name in ("Workflow", "Deployment", "Job"):
            lambda_.create_function(
                FunctionName=name, Role=ROLE, Runtime="python3.13", Handler="x.y", Code={"ZipFile": b"x"}
            )
        arn = states.create_state_machine(name=machine, definition=json.dumps(MACHINES[machine]), roleArn=ROLE)
        started = states.start_execution(stateMachineArn=arn["stateMachineArn"], input=given)
        deadline = time.monotonic() + 30
        while True:
            self.end = states.describe_execution(executionArn=started["executionArn"])
            if self.end["status"] != "RUNNING":
                break
            assert time.monotonic() < deadline, "the execution does not end"
            time.sleep(0.01)
        self.execution = started["executionArn"]
        self.history = states.get_execution_history(executionArn=started["executionArn"])["events"]

    @property
    def entered(self) -> list[str]:
        return [each["stateEnteredEventDetails"]["name"] for each in self.history if "stateEnteredEventDetails" in each]

    @property
    def steps(self) -> list[str]:
        return [each.get("step", "job") for each in CALLS]


CALLS: list[dict[str, Any]] = []
"""What the functions were asked, in order."""


PLAN = {
    "tier": "function",
    "reason": "it is small",
    "command": "import",
    "specification": "s3://data/jobs/1/2/specification.json",
    "job_name": "reco-import-1-2",
    "resource_config": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10},
    "output_config": {"S3OutputPath": "s3://data/jobs/sagemaker/"},
    "max_runtime_s": 86_400,
    "search": False,
    "tags": [{"Key": "team", "Value": "search"}, {"Key": "quarter", "Value": ""}],
}


WELL: Functions = {
    "begin": lambda _: {"arn": "arn:of:it", "attempt": "a1", "proceed": True, "refused": False, "reason": ""},
    "plan": lambda _: PLAN,
    "job": lambda _: {},
    "search": lambda _: {"more": False, "runs": []},
    "note": lambda _: {},
    "adopt": lambda _: {"summary": {"artefact": "s3://data/models/1/2/"}},
    "check": lambda _: {"probes": 20},
    "commit": lambda _: {"settle_s": 0, "summary": {"rows": 1000, "report": "s3://data/jobs/1/2/report.json"}},
    "settle": lambda _: {},
    "fail": lambda _: {"status": "CREATE FAILED"},
}


Start = Callable[..., Run]
