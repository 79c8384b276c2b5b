"""Finding in the account what a file asks for: by the names that the file gives, never by a record kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind
from reco.client.apply_comparison import NOT_YET
from reco.client.apply_configuration import Wanted
from reco.client.apply_kinds import operations_on
from reco.client.waiter_model import condition_of
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_STOPPED, CREATE_STOPPING, DELETE_IN_PROGRESS, DELETE_PENDING

JOBS = (Kind.DATASET_IMPORT_JOB, Kind.BATCH_INFERENCE_JOB, Kind.BATCH_SEGMENT_JOB)
"""Kinds that no operation deletes: a name is used up once the job has failed."""

_LONGEST_NAME = 63
_OF_NO_USE = (CREATE_FAILED, CREATE_STOPPING, CREATE_STOPPED)
_LEAVING = (DELETE_PENDING, DELETE_IN_PROGRESS)


@dataclass(frozen=True)
class Found:
    """A resource of the account."""

    arn: str
    described: Mapping[str, Any]


class Account:
    """The account as it is now: each list is fetched once, when first asked for. Make a new one to look again."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lists: dict[tuple[Kind, str], list[Mapping[str, Any]]] = {}

    def find(self, wanted: Wanted, parameters: Mapping[str, Any]) -> Found | None:
        """The resource that a file means; None where there is none.

        Args:
            parameters: with the links filled in, NOT_YET where the linked resource is not there.
        """
        kind = wanted.kind
        if kind is Kind.SOLUTION_VERSION:
            return self._version(wanted, parameters["solutionArn"])
        if kind in (Kind.DATASET, Kind.EVENT_TRACKER):
            return self._of_group(wanted, parameters)
        if kind in JOBS:
            return self._job(wanted, parameters)
        named = (each for each in self._list(kind) if each["name"] == wanted.name)
        return self._describe(kind, next(named, None))

    def next_name(self, wanted: Wanted) -> str:
        """The name for the next attempt at a job: its own, or with `-2`, `-3`... where earlier attempts have it."""
        taken = {each["jobName"] for each in self._list(wanted.kind)}
        attempt = 1
        while attempt_name(wanted.name, attempt) in taken:
            attempt += 1
        return attempt_name(wanted.name, attempt)

    def tags(self, arn: str) -> dict[str, str]:
        listed = self._client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {each["tagKey"]: each["tagValue"] for each in listed}

    def _list(self, kind: Kind, **parent: str) -> list[Mapping[str, Any]]:
        key = (kind, next(iter(parent.values()), ""))
        if key not in self._lists:
            self._lists[key] = list(operations_on(kind).summaries(self._client, **parent))
        return self._lists[key]

    def _describe(self, kind: Kind, summary: Mapping[str, Any] | None) -> Found | None:
        if summary is None:
            return None
        operations = operations_on(kind)
        arn = operations.arn_in(summary)
        try:
            return Found(arn, operations.waitable.describe(self._client, arn))
        except self._client.exceptions.ResourceNotFoundException:
            return None  # gone since it was listed

    def _of_group(self, wanted: Wanted, parameters: Mapping[str, Any]) -> Found | None:
        group = parameters["datasetGroupArn"]
        if group == NOT_YET:
            return None
        listed = self._list(wanted.kind, datasetGroupArn=group)
        if wanted.kind is Kind.DATASET:
            wanted_type = str(parameters["datasetType"]).upper()
            listed = [each for each in listed if each["datasetType"].upper() == wanted_type]
        # A group has one event tracker: whatever its name, it is in the place of the file's.
        return self._describe(wanted.kind, listed[0] if listed else None)

    def _version(self, wanted: Wanted, solution: str) -> Found | None:
        """The newest version that can be deployed, else the newest on its way; a named one by its name.

        Where the file gives a trainingMode only versions of that mode will do.
        """
        if solution == NOT_YET:
            return None
        listed = [each for each in self._list(Kind.SOLUTION_VERSION, solutionArn=solution) if _stays(each)]
        if wanted.name:
            listed = [each for each in listed if each["solutionVersionArn"] == f"{solution}/{wanted.name}"]
        elif mode := wanted.given.get("trainingMode"):
            listed = [each for each in listed if each.get("trainingMode") == mode]
        best = max(listed, key=lambda each: (each["status"] == ACTIVE, each["creationDateTime"]), default=None)
        return self._describe(Kind.SOLUTION_VERSION, best)

    def _job(self, wanted: Wanted, parameters: Mapping[str, Any]) -> Found | None:
        """The latest attempt, unless it failed or was for an earlier dataset of the same name."""
        by_name = {each["jobName"]: each for each in self._list(wanted.kind)}
        attempt, latest = 1, None
        while attempt_name(wanted.name, attempt) in by_name:
            latest = by_name[attempt_name(wanted.name, attempt)]
            attempt += 1
        if latest is None or latest["status"] == CREATE_FAILED:
            return None
        found = self._describe(wanted.kind, latest)
        if found is None or wanted.kind is not Kind.DATASET_IMPORT_JOB:
            return found
        dataset = self._dataset(parameters["datasetArn"])
        if dataset is None or found.described["creationDateTime"] < dataset["creationDateTime"]:
            return None
        return found

    def _dataset(self, arn: str) -> Mapping[str, Any] | None:
        if arn == NOT_YET:
            return None
        found = self._describe(Kind.DATASET, {"datasetArn": arn})
        return found.described if found else None


def attempt_name(name: str, attempt: int) -> str:
    """The job's name in its nth attempt."""
    suffix = "" if attempt == 1 else f"-{attempt}"
    return f"{name[: _LONGEST_NAME - len(suffix)]}{suffix}"


def leaving(found: Found) -> bool:
    """It is being deleted."""
    return found.described.get("status") in _LEAVING


def failed_to_begin(found: Found) -> bool:
    """Its creation failed, and no update has repaired it."""
    return found.described.get("status") == CREATE_FAILED


def status_of(kind: Kind, found: Found) -> str | None:
    """The status that counts, its latest update's where that is the news."""
    return condition_of(operations_on(kind).waitable, found.described).status


def _stays(summary: Mapping[str, Any]) -> bool:
    return summary["status"] not in (*_OF_NO_USE, *_LEAVING)
