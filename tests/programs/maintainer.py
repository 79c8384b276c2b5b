"""A program that keeps a shop as its configuration says, after AWS's solution *Maintaining Personalized Experiences*.

It knows no ARN but those it computes from names, and keeps nothing between two runs: what has a name is described, what
has none is looked for in its parent's list. What is not as configured stops it, a campaign apart, which it updates.
Source: control-plane reference, section L.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from reco.arns import Kind, Owner

GOOD = "ACTIVE"
BAD = "CREATE FAILED"
COMING = ("CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS")

NOT_COMPARED = {
    "*": ("tags",),
    Kind.SCHEMA: ("schema",),
    Kind.DATASET: ("datasetType",),
    Kind.DATASET_IMPORT_JOB: ("jobName", "dataSource", "roleArn", "importMode", "publishAttributionMetricsToS3"),
    Kind.SOLUTION_VERSION: ("trainingMode",),
}
"""By kind: members that may differ from what was asked for."""
ALONE = ("solutionConfig", "campaignConfig", "recommenderConfig", "eventType", "roleArn", "kmsKeyArn", "domain")
"""Members that may not be shown unless they were asked for."""
TRIES = 100

Asked = dict[str, Any]


class Pending(Exception):
    """Come again later."""


class Failed(Exception):
    """A resource ended in CREATE FAILED; the message is its ARN."""


class Invalid(Exception):
    """A resource is not as configured, or in a status that nobody told of."""


@dataclass
class Maintainer:
    """
    Args:
        wait: lets a minute pass.
    """

    client: Any
    owner: Owner
    wait: Callable[[], None]

    def until_done(self, walk: Callable[[], Any]) -> Any:
        """What `walk` returns once it is pending no more."""
        for _ in range(TRIES):
            try:
                return walk()
            except Pending:
                self.wait()
        raise TimeoutError("the last try was pending still")

    # What the program knows of any resource

    def describe(self, kind: Kind, arn: str) -> dict[str, Any]:
        return dict(self._only(self._call("describe", kind)(**{f"{_camel(kind)}Arn": arn})))

    def listed(self, kind: Kind, **parent: str) -> Iterator[dict[str, Any]]:
        """All of a kind under a parent, whatever the list is called."""
        for page in self.client.get_paginator(f"list_{_snake(kind)}s").paginate(**parent):
            yield from self._only(page)

    @staticmethod
    def own_arn(summary: dict[str, Any]) -> str:
        return str(next(value for name, value in summary.items() if name.endswith("Arn")))

    def ready(self, kind: Kind, arn: str) -> dict[str, Any]:
        """The resource, once it is ACTIVE.

        Raises:
            Pending, Failed, Invalid: as its status says; a campaign's latest update speaks for it.
        """
        shown = self.describe(kind, arn)
        latest = shown.get("latestCampaignUpdate", {})
        status = latest.get("status") or shown.get("status", GOOD)
        if status in COMING:
            raise Pending
        if status == BAD:
            raise Failed(arn)
        if status != GOOD:
            raise Invalid(f"{arn} is {status}")
        return shown

    # What it does to have one

    def named(self, kind: Kind, name: str, **asked: Any) -> str:
        """The ARN of a resource that has its name in its ARN: made where it is not there, and as it was asked for."""
        arn = self.owner.arn(kind, name)
        asked = {"name": name, **asked}
        try:
            shown = self.ready(kind, arn)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            self._create(kind, asked)
            shown = self.ready(kind, arn)
        unasked = (name for name in ALONE if name in shown and name not in asked)
        different = [*_differences(kind, asked, shown), *(f"{name} was not asked for" for name in unasked)]
        if different and kind is Kind.CAMPAIGN:
            self._update_campaign(arn, asked)
            raise Pending
        if different:
            raise Invalid(f"{arn}: {different}")
        return arn

    def found(self, kind: Kind, parent: dict[str, str], like: Callable[[dict[str, Any]], bool], **asked: Any) -> str:
        """The newest like this under a parent, made where there is none."""
        living = (each for each in self.listed(kind, **parent) if each["status"] in (GOOD, *COMING[:2]))
        alike = [each for each in living if like(each)]
        if not alike:
            self._create(kind, {**parent, **asked})
            raise Pending
        newest = max(alike, key=lambda each: each["creationDateTime"])
        arn = self.own_arn(newest)
        different = list(_differences(kind, {**parent, **asked}, self.ready(kind, arn)))
        if different:
            raise Invalid(f"{arn}: {different}")
        return arn

    def _create(self, kind: Kind, asked: Asked) -> None:
        try:
            self._call("create", kind)(**asked)
        except ClientError as error:
            waits = kind in (Kind.DATASET_IMPORT_JOB, Kind.SOLUTION_VERSION)
            if _code(error) == "ResourceInUseException" or (waits and _code(error) == "LimitExceededException"):
                raise Pending from error
            raise

    def _update_campaign(self, arn: str, asked: Asked) -> None:
        before = self.describe(Kind.CAMPAIGN, arn)["solutionVersionArn"]
        if before.rpartition("/")[0] != asked["solutionVersionArn"].rpartition("/")[0]:
            raise Invalid(f"{arn} deploys another solution")
        members = ("solutionVersionArn", "minProvisionedTPS", "campaignConfig")
        self.client.update_campaign(campaignArn=arn, **{name: asked[name] for name in members if name in asked})

    def _call(self, verb: str, kind: Kind) -> Callable[..., dict[str, Any]]:
        operation: Callable[..., dict[str, Any]] = getattr(self.client, f"{verb}_{_snake(kind)}")
        return operation

    @staticmethod
    def _only(answer: dict[str, Any]) -> Any:
        """The one member that is not the protocol's."""
        (value,) = (value for name, value in answer.items() if name not in ("ResponseMetadata", "nextToken"))
        return value


def _differences(kind: Kind, asked: Asked, shown: dict[str, Any]) -> Iterator[str]:
    spared = (*NOT_COMPARED["*"], *NOT_COMPARED.get(kind, ()))
    for name, value in asked.items():
        if name not in spared and shown.get(name) != value:
            yield f"{name} is {shown.get(name)!r} and not {value!r}"
    if kind is Kind.SCHEMA and json.loads(shown["schema"]) != json.loads(asked["schema"]):
        yield "schema is another"
    if kind is Kind.DATASET and shown["datasetType"].lower() != asked["datasetType"].lower():
        yield "datasetType is another"


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _snake(kind: Kind) -> str:
    return kind.value.replace("-", "_")


def _camel(kind: Kind) -> str:
    first, *rest = kind.value.split("-")
    return first + "".join(word.capitalize() for word in rest)
