"""What commands ask AWS about a deployment: the outputs of its stacks, and in plain words why they cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from reco.client.refusals import in_one_line
from reco.errors import InvalidInput

_PATIENCE = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"})
"""A person waits for the answer."""


def make_client(service: str, region: str | None) -> Any:
    """A client of AWS that gives up within seconds; `region` None is the environment's.

    Raises:
        InvalidInput: the environment names no region, or a profile or endpoint that makes no sense.
    """
    try:
        return boto3.client(service, region_name=region, config=_PATIENCE)
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(in_one_line(error)) from error


def outputs_of(cloudformation: Any, stack: str, otherwise: str = "") -> dict[str, str]:
    """The outputs of a stack of this account and region.

    Args:
        otherwise: what to do where there is no such stack, as the end of "Name its region".
    Raises:
        InvalidInput: there is none by that name, or AWS cannot be asked.
    """
    region = cloudformation.meta.region_name
    with told(f"The stack {stack} in {region} cannot be looked up"):
        try:
            described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"].get("Code") != "ValidationError":
                raise
            raise InvalidInput(f"There is no stack {stack} in {region}. Name its region{otherwise}.") from error
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


@contextmanager
def told(beginning: str) -> Iterator[None]:
    """Turns what AWS refuses, and what keeps it from being asked, into one line of InvalidInput."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"].get("Message") or str(error)
        raise InvalidInput(f"{beginning}: {' '.join(said.split())}") from error
    except BotoCoreError as error:
        raise InvalidInput(f"{beginning}: {in_one_line(error)}") from error
