"""What a person at the console is told of a job that failed: one line, from the resource itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.journal import KeptExecution
from reco.arns import Kind, parse_arn
from reco.jobs.executions import arn_in
from reco.jobs.status import CREATE_FAILED, CREATE_STOPPED, INACTIVE
from reco.jobs.target import latest_update
from reco.storage.resources import Resource

LONGEST_LINE = 400

WORDS: Mapping[Kind, str] = {
    Kind.DATASET_IMPORT_JOB: "import",
    Kind.SOLUTION_VERSION: "training",
    Kind.CAMPAIGN: "deployment",
    Kind.RECOMMENDER: "recommender",
}


def failure_line(ended: KeptExecution, read: Callable[[Kind, str], Resource | None]) -> str | None:
    """The line about an execution that ended badly; None when no resource of ours has failed by it.

    Args:
        read: the resource of a kind and an id, None when there is none.
    """
    try:
        name = parse_arn(arn_in(ended.input))
    except ValueError:
        return None
    if name is None or name.kind not in WORDS:
        return None
    resource = read(name.kind, name.resource_id)
    if resource is None:
        return None
    what = f"{WORDS[name.kind]} {name.resource_id}"
    if resource.status == CREATE_STOPPED:
        return f"{what} stopped"
    update = latest_update(resource)
    failed = CREATE_FAILED in (resource.status, update and update["status"])
    if not failed and not (resource.status == INACTIVE and resource.failure_reason):
        return None
    reason = update["failure_reason"] if update and update["status"] == CREATE_FAILED else resource.failure_reason
    line = " ".join(f"{what} failed: {reason or 'no reason is known'}".split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 4]} ..."
