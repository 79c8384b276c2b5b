"""Starting and stopping a job's state machine, as often as one likes with one effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from botocore.exceptions import ClientError

Machine = Literal["import", "train", "deploy", "recommender"]


STOPPED = "Stopped"
"""Error of an execution that a user asked to be stopped."""


class JobStarter(Protocol):
    """What control needs of the job machinery."""

    def start(self, arn: str, execution_name: str, machine: Machine) -> None:
        """Sees to it that the machine runs, or has run, for this resource under this name."""

    def stop(self, execution: str) -> None:
        """Ends the execution of this ARN, and the container that it runs; one that has ended stays as it is."""


@dataclass(frozen=True)
class StepFunctionsStarter:
    """Starts executions through a Step Functions client."""

    client: Any
    machines: Mapping[Machine, str]
    """ARN of each state machine."""

    def start(self, arn: str, execution_name: str, machine: Machine) -> None:
        """Starts the machine; a repeated start with the same name does nothing, also after it ended."""
        try:
            self.client.start_execution(
                stateMachineArn=self.machines[machine], name=execution_name, input=json.dumps({"arn": arn})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def stop(self, execution: str) -> None:
        """Stops the execution; one that has ended, or that is forgotten by now, is left as it is."""
        try:
            self.client.stop_execution(
                executionArn=execution, error=STOPPED, cause="A user asked for it to be stopped."
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise


def starter_for(client: Any, settings: Any) -> StepFunctionsStarter:
    """The starter of a deployment, from the settings that name its machines."""
    machines: dict[Machine, str] = {
        "import": settings.import_machine,
        "train": settings.train_machine,
        "deploy": settings.deploy_machine,
        "recommender": settings.recommender_machine,
    }
    return StepFunctionsStarter(client, machines)
