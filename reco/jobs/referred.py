"""What a job's resource refers to by ARN."""

from __future__ import annotations

from reco.arns import Kind, parse_arn
from reco.errors import UserFault
from reco.jobs.attempt import JobContext
from reco.storage.resources import Resource


def referred(context: JobContext, arn: str) -> Resource:
    """The resource of this ARN.

    Raises:
        UserFault: it is gone.
    """
    name = parse_arn(arn)
    found = context.table.get(name.kind, name.resource_id) if name else None
    if found is None:
        raise UserFault(f"{arn} is gone.")
    return found


def arn_beside(found: str, kind: Kind, resource_id: str) -> str:
    """The ARN of a resource of the same owner as one that was found."""
    name = parse_arn(found)
    assert name is not None  # noqa: S101  it was found by this ARN
    return name.owner.arn(kind, resource_id)
