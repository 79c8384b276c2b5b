"""The whole road from a file to live recommendations, as a client program would write it with boto3.

The demonstration shows it, tests assert on it, a benchmark times it. Nothing here knows what serves the endpoint.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from local.sample_data import SampleData

Progress = Callable[[str], None]
"""Called with one line whenever something was done or is being waited for."""


class ClientMaker(Protocol):
    """Gives the boto3 client of a service, pointed at the endpoint."""

    def __call__(self, service: str) -> Any: ...


class JourneyFailed(Exception):
    """A resource ended in CREATE FAILED; the message carries its failureReason."""


@dataclass
class Journey:
    """Names, ARNs and times gathered on the way."""

    prefix: str
    bucket: str
    role_arn: str | None = None
    arns: dict[str, str] = field(default_factory=dict)
    tracking_id: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    """When each create was called, seconds by time.perf_counter."""
    finished: dict[str, float] = field(default_factory=dict)


RECIPES = {
    "user-personalization": "arn:aws:personalize:::recipe/aws-user-personalization",
    "similar-items": "arn:aws:personalize:::recipe/aws-similar-items",
    "popularity": "arn:aws:personalize:::recipe/aws-popularity-count",
}


class Traveller:
    """Walks the road with plain boto3 clients.

    Args:
        clients: maker of clients.
        poll_s: seconds between two looks at a status.
    """

    def __init__(self, clients: ClientMaker, progress: Progress = lambda line: None, poll_s: float = 0.1) -> None:
        self.personalize = clients("personalize")
        self.runtime = clients("personalize-runtime")
        self.events = clients("personalize-events")
        self.s3 = clients("s3")
        self._progress = progress
        self._poll_s = poll_s

    def upload(self, journey: Journey, data: SampleData) -> None:
        self.s3.create_bucket(Bucket=journey.bucket)
        self.s3.put_object(Bucket=journey.bucket, Key="interactions.csv", Body=data.interactions_csv)
        self.s3.put_object(Bucket=journey.bucket, Key="items.csv", Body=data.items_csv)
        self._progress(f"two files put into s3://{journey.bucket}")

    def import_data(self, journey: Journey, data: SampleData) -> None:
        """Schemas, dataset group, datasets and both imports, until all are ACTIVE."""
        group = self.personalize.create_dataset_group(name=f"{journey.prefix}-group")["datasetGroupArn"]
        journey.arns["group"] = group
        self.wait("dataset group", lambda: self.personalize.describe_dataset_group(datasetGroupArn=group), journey)
        for kind, schema in (("interactions", data.interactions_schema), ("items", data.items_schema)):
            schema_arn = self.personalize.create_schema(name=f"{journey.prefix}-{kind}", schema=json.dumps(schema))[
                "schemaArn"
            ]
            dataset = self.personalize.create_dataset(
                name=f"{journey.prefix}-{kind}", schemaArn=schema_arn, datasetGroupArn=group, datasetType=kind.upper()
            )["datasetArn"]
            journey.arns[f"{kind} schema"], journey.arns[f"{kind} dataset"] = schema_arn, dataset
        for kind in ("interactions", "items"):
            dataset = journey.arns[f"{kind} dataset"]
            self.wait(f"{kind} dataset", partial(self.personalize.describe_dataset, datasetArn=dataset), journey)
        for kind in ("interactions", "items"):
            role = {"roleArn": journey.role_arn} if journey.role_arn else {}
            journey.started[f"{kind} import"] = time.perf_counter()
            journey.arns[f"{kind} import"] = self.personalize.create_dataset_import_job(
                jobName=f"{journey.prefix}-{kind}",
                datasetArn=journey.arns[f"{kind} dataset"],
                dataSource={"dataLocation": f"s3://{journey.bucket}/{kind}.csv"},
                **role,
            )["datasetImportJobArn"]
        for kind in ("interactions", "items"):
            arn = journey.arns[f"{kind} import"]
            self.wait(
                f"{kind} import",
                partial(self.personalize.describe_dataset_import_job, datasetImportJobArn=arn),
                journey,
            )

    def start_training(self, journey: Journey, recipe: str, solution_config: dict[str, Any] | None = None) -> None:
        """Solution and solution version; does not wait for the training."""
        config = {"solutionConfig": solution_config} if solution_config else {}
        solution = self.personalize.create_solution(
            name=f"{journey.prefix}-{recipe}",
            datasetGroupArn=journey.arns["group"],
            recipeArn=RECIPES[recipe],
            performAutoTraining=False,
            **config,
        )["solutionArn"]
        self.wait(f"{recipe} solution", lambda: self.personalize.describe_solution(solutionArn=solution), journey)
        journey.started[f"{recipe} training"] = time.perf_counter()
        version = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        journey.arns[f"{recipe} solution"], journey.arns[f"{recipe} version"] = solution, version

    def deploy(self, journey: Journey, recipe: str) -> str:
        """Waits for the training, then a campaign until it is ACTIVE; returns its ARN."""
        version = journey.arns[f"{recipe} version"]
        self.wait(
            f"{recipe} training",
            lambda: self.personalize.describe_solution_version(solutionVersionArn=version),
            journey,
        )
        campaign = self.personalize.create_campaign(
            name=f"{journey.prefix}-{recipe}", solutionVersionArn=version, minProvisionedTPS=1
        )["campaignArn"]
        journey.arns[f"{recipe} campaign"] = campaign
        self.wait(f"{recipe} campaign", lambda: self.personalize.describe_campaign(campaignArn=campaign), journey)
        return str(campaign)

    def read_metrics(self, journey: Journey, recipe: str) -> dict[str, float]:
        answer = self.personalize.get_solution_metrics(solutionVersionArn=journey.arns[f"{recipe} version"])
        return dict(answer["metrics"])

    def make_tracker(self, journey: Journey) -> None:
        answer = self.personalize.create_event_tracker(
            name=f"{journey.prefix}-tracker", datasetGroupArn=journey.arns["group"]
        )
        journey.arns["tracker"], journey.tracking_id = answer["eventTrackerArn"], answer["trackingId"]
        self.wait(
            "event tracker",
            lambda: self.personalize.describe_event_tracker(eventTrackerArn=journey.arns["tracker"]),
            journey,
        )

    def recommend(
        self, campaign: str, *, user: str | None = None, item: str | None = None, count: int = 5
    ) -> list[Any]:
        query = {"userId": user, "itemId": item}
        given = {name: value for name, value in query.items() if value is not None}
        answer = self.runtime.get_recommendations(campaignArn=campaign, numResults=count, **given)
        return list(answer["itemList"])

    def send_event(
        self, journey: Journey, user: str, item: str, event_type: str, *, value: float | None = None
    ) -> None:
        """One event of now. A solution trained with a threshold leaves out events without a value."""
        event: dict[str, Any] = {"eventType": event_type, "itemId": item, "sentAt": int(time.time())}
        if value is not None:
            event["eventValue"] = value
        self.events.put_events(
            trackingId=journey.tracking_id, userId=user, sessionId=f"{user}-session", eventList=[event]
        )

    def wait(self, what: str, describe: Callable[[], dict[str, Any]], journey: Journey | None = None) -> None:
        """Looks until the resource is ACTIVE; each new status is told.

        Raises:
            JourneyFailed: it ended in CREATE FAILED.
        """
        told = None
        while True:
            resource = next(value for name, value in describe().items() if name != "ResponseMetadata")
            status = resource["status"]
            if status != told:
                self._progress(f"{what}: {status}")
                told = status
            if status == "ACTIVE":
                if journey is not None:
                    journey.finished[what] = time.perf_counter()
                return
            if status.endswith("FAILED"):
                raise JourneyFailed(f"{what}: {resource.get('failureReason', status)}")
            time.sleep(self._poll_s)
