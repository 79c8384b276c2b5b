"""Deleting what a file names, in the order in which the service lets it go, each stage waited for.

Order: control-plane reference, section B.3. Like an apply, it can be killed and run again: whatever is gone is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from reco.arns import Kind
from reco.client.apply_configuration import Configuration
from reco.client.apply_kinds import operations_on
from reco.client.patience import Patience
from reco.client.waiters import Watch, wait_until
from reco.jobs.status import CREATE_IN_PROGRESS, CREATE_PENDING

STAGES = (
    (Kind.CAMPAIGN, Kind.RECOMMENDER, Kind.METRIC_ATTRIBUTION),
    (Kind.SOLUTION,),
    (Kind.EVENT_TRACKER, Kind.FILTER),
    (Kind.DATASET,),
    (Kind.SCHEMA,),
    (Kind.DATASET_GROUP,),
)
"""What is in one stage goes side by side; everything in it lets the next stage go."""

_OF_A_GROUP = (
    Kind.RECOMMENDER,
    Kind.METRIC_ATTRIBUTION,
    Kind.SOLUTION,
    Kind.EVENT_TRACKER,
    Kind.FILTER,
    Kind.DATASET,
)


@dataclass(frozen=True)
class Doomed:
    """One resource that is to go."""

    kind: Kind
    arn: str
    name: str
    in_file: bool
    """False for what lies in the file's dataset group without being named by the file."""

    @property
    def said(self) -> str:
        return f"{operations_on(self.kind).said} {self.name}"


@dataclass
class Farewell:
    """What a destroy has done so far."""

    deleted: list[Doomed] = field(default_factory=list)
    kept: list[tuple[Doomed, str]] = field(default_factory=list)
    """Schemas that datasets elsewhere use, with the service's words."""


def find_doomed(configuration: Configuration, client: Any) -> list[Doomed]:
    """All there is of the file's dataset group, and the schemas that the file names, in the order of their going.

    Resources of the same name in other groups are left alone.
    """
    names: dict[Kind, set[str]] = {}
    for wanted in configuration.resources:
        names.setdefault(wanted.kind, set()).add(wanted.name)
    found = list(_named(Kind.SCHEMA, names.get(Kind.SCHEMA, set()), client))
    for group in _named(Kind.DATASET_GROUP, {configuration.group.name}, client):
        found += [group, *_within(group.arn, names, client)]
    return [each for stage in STAGES for kind in stage for each in found if each.kind is kind]


def destroy(
    doomed: list[Doomed],
    client: Any,
    *,
    timeout_s: float,
    tell: Callable[[str], None] = lambda line: None,
    watch_of: Callable[[str], Watch | None] = lambda arn: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Farewell:
    """Deletes, and waits until each is gone. A training that runs is stopped first.

    Raises:
        ClientError, WaiterError: something cannot be deleted; what was deleted before stays so.
    """
    farewell = Farewell()
    patience = Patience(("ResourceInUseException",), timeout_s, tell, sleep)
    for stage in STAGES:
        going = [each for each in doomed if each.kind in stage]
        asked = []
        for each in going:
            if each.kind is Kind.SOLUTION:
                _stop_trainings(each, client, tell)
            tell(f"delete {each.said}")
            try:
                _delete(each, client, patience)
            except client.exceptions.ResourceInUseException as error:
                if each.kind is not Kind.SCHEMA:
                    raise
                farewell.kept.append((each, error.response["Error"]["Message"]))
                continue
            asked.append(each)
        for each in asked:
            wait_until(client, each.arn, "deleted", timeout_s=timeout_s, watch=watch_of(each.arn))
            farewell.deleted.append(each)
    return farewell


def _named(kind: Kind, names: set[str], client: Any) -> Iterator[Doomed]:
    if not names:
        return
    operations = operations_on(kind)
    for summary in operations.summaries(client):
        if summary["name"] in names:
            yield Doomed(kind, operations.arn_in(summary), summary["name"], in_file=True)


def _within(group: str, names: Mapping[Kind, set[str]], client: Any) -> Iterator[Doomed]:
    for kind in _OF_A_GROUP:
        operations = operations_on(kind)
        for summary in operations.summaries(client, datasetGroupArn=group):
            each = Doomed(kind, operations.arn_in(summary), summary["name"], summary["name"] in names.get(kind, ()))
            yield each
            if kind is Kind.SOLUTION:
                campaigns = operations_on(Kind.CAMPAIGN)
                for campaign in campaigns.summaries(client, solutionArn=each.arn):
                    in_file = campaign["name"] in names.get(Kind.CAMPAIGN, ())
                    yield Doomed(Kind.CAMPAIGN, campaigns.arn_in(campaign), campaign["name"], in_file)


def _stop_trainings(solution: Doomed, client: Any, tell: Callable[[str], None]) -> None:
    versions = operations_on(Kind.SOLUTION_VERSION)
    for version in versions.summaries(client, solutionArn=solution.arn):
        if version["status"] in (CREATE_PENDING, CREATE_IN_PROGRESS):
            arn = versions.arn_in(version)
            tell(f"stop training {arn}")
            try:
                client.stop_solution_version_creation(solutionVersionArn=arn)
            except ClientError as error:
                # It ended just now, or cannot be stopped: the delete waits for its end.
                tell(f"not stopped: {error.response.get('Error', {}).get('Message')}")


def _delete(each: Doomed, client: Any, patience: Patience) -> None:
    operations = operations_on(each.kind)
    delete = getattr(client, xform_name(str(operations.delete)))
    asked = {operations.waitable.arn_member: each.arn}
    try:
        if each.kind is Kind.SCHEMA:
            delete(**asked)
        else:
            patience.call(delete, asked)
    except client.exceptions.ResourceNotFoundException:
        return
