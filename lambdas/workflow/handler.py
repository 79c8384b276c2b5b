"""Steps of the state machines: begin, plan, commit, settle, fail."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

from reco.clock import system_clock
from reco.errors import UserFault
from reco.jobs.attempt import JobContext
from reco.jobs.workflow import take_step
from reco.settings import Settings
from reco.storage.access import CallersRights, session_as
from reco.storage.key_refusals import explain_keys
from reco.storage.objects import Objects
from reco.storage.resources import ResourceTable

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build(environment: Mapping[str, str]) -> Handler:
    """The handler for one environment; makes its clients once."""
    settings = Settings(environment)
    region = settings.region
    context = JobContext(
        table=ResourceTable(boto3.client("dynamodb", region_name=region), settings.resources_table),
        home=Objects(explain_keys(boto3.client("s3", region_name=region), UserFault)),
        executions=boto3.client("stepfunctions", region_name=region),
        # As the job role: it is the one that callers' trust policies name.
        callers=CallersRights(
            session_as(boto3.client("sts", region_name=region), settings.job_role, None),
            job_role=settings.job_role,
            external_id=settings.external_id,
            data_buckets=settings.data_buckets,
            own_bucket=settings.data_bucket,
        ),
        settings=settings,
        clock=system_clock,
    )
    return lambda event, _: take_step(context, event)


@cache
def _handler() -> Handler:
    return build(os.environ)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return _handler()(event, context)
