"""The same job in a Lambda function, for what is small: starts at once, ends within 15 minutes.

The event is what SageMaker would give as hyperparameters: `command` and `specification`. The answer is empty; the
result lies beside the specification. A failure is raised, so that Step Functions sees its class and its sentence.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import boto3

from reco.errors import PlatformFault
from training_container.entry import COMMANDS
from training_container.job import Job, TooLarge, fault_of
from training_container.layout import ContainerFolders


class TooLargeForFunction(Exception):
    """The function's memory or disk does not suffice; the state machine does the job on an instance instead."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one job under a fresh root, since a warm function still has the files of the job before.

    Raises:
        JobFault: the job cannot be done.
        TooLargeForFunction: a larger machine may do it. Leaves no failure.json: the job is not over.
    """
    root = Path(tempfile.mkdtemp(prefix="reco-ml-"))
    job = Job(ContainerFolders(root), boto3.Session())
    try:
        if event.get("command") not in COMMANDS:
            raise PlatformFault(f"The event's command must be one of {', '.join(COMMANDS)}.")
        job.run({name: str(event[name]) for name in ("command", "specification")})
    except Exception as error:
        fault = fault_of(error)
        if isinstance(fault, TooLarge):
            raise TooLargeForFunction(fault.message) from error
        job.give_up(fault)
        raise fault from error
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return {}
