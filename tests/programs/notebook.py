"""A program as AWS's sample notebooks are: it polls, goes on where a name is taken, and cleans up behind itself.

Source: control-plane reference, sections L.1 and B.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

Describe = Callable[[], dict[str, Any]]


@dataclass
class Notebook:
    """
    Args:
        client: of `personalize`, not modified.
        wait: lets a minute pass.
    """

    client: Any
    region: str
    account: str
    wait: Callable[[], None]
    looks: int = 200
    """How often a poll looks before it gives up: some hours, a look every minute."""
    seen: set[str] = field(default_factory=set)
    """Every status that any of the polls saw."""

    def until_made(self, describe: Describe) -> dict[str, Any]:
        """The loop of every notebook: it ends at two words, and at no other."""
        for _ in range(self.looks):
            shown = _only(describe())
            self.seen.add(shown["status"])
            if shown["status"] in ("ACTIVE", "CREATE FAILED"):
                return shown
            self.wait()
        raise TimeoutError(f"{self.seen}")

    def made_or_there(self, operation: str, member: str, kind: str, **asked: Any) -> str:
        """The ARN that a create answers; where the name is taken, the one made of region, account and name."""
        try:
            return str(getattr(self.client, operation)(**asked)[member])
        except self.client.exceptions.ResourceAlreadyExistsException:
            return f"arn:aws:personalize:{self.region}:{self.account}:{kind}/{asked.get('name') or asked['jobName']}"

    def clean_up(self, group: str) -> None:
        """Deletes a group and all that is in it, stage by stage, each once the one before is gone."""
        client, mine = self.client, {"datasetGroupArn": group}
        solutions = [each["solutionArn"] for each in client.list_solutions(**mine)["solutions"]]
        campaigns = [each for arn in solutions for each in client.list_campaigns(solutionArn=arn)["campaigns"]]
        self._away("campaign", [each["campaignArn"] for each in campaigns])
        recommenders = client.list_recommenders(**mine, maxResults=100)["recommenders"]
        self._away("recommender", [each["recommenderArn"] for each in recommenders])
        self._away("solution", solutions)
        trackers = client.list_event_trackers(**mine)["eventTrackers"]
        self._away("event_tracker", [each["eventTrackerArn"] for each in trackers])
        self._away("filter", [each["filterArn"] for each in client.list_filters(**mine)["Filters"]])
        attributions = client.list_metric_attributions(**mine)["metricAttributions"]
        self._away("metric_attribution", [each["metricAttributionArn"] for each in attributions])
        datasets = [each["datasetArn"] for each in client.list_datasets(**mine)["datasets"]]
        schemas = [client.describe_dataset(datasetArn=arn)["dataset"]["schemaArn"] for arn in datasets]
        self._away("dataset", datasets)
        for schema in schemas:
            try:
                client.delete_schema(schemaArn=schema)
            except (client.exceptions.ResourceInUseException, client.exceptions.ResourceNotFoundException):
                continue
        self._away("dataset_group", [group])

    def _away(self, kind: str, arns: list[str]) -> None:
        """Begins to delete all of a kind, and waits until the last one is not found."""
        first, *rest = kind.split("_")
        member = f"{first}{''.join(map(str.capitalize, rest))}Arn"
        for arn in arns:
            status = _only(getattr(self.client, f"describe_{kind}")(**{member: arn}))["status"]
            if status in ("ACTIVE", "CREATE FAILED"):
                getattr(self.client, f"delete_{kind}")(**{member: arn})
            elif not status.startswith("DELETE"):
                raise RuntimeError(f"{arn} is {status}")
        for arn in arns:
            for shown in self._until_gone(lambda arn=arn: getattr(self.client, f"describe_{kind}")(**{member: arn})):  # type: ignore[misc]
                if not shown["status"].startswith("DELETE"):
                    raise RuntimeError(f"{arn} is to go and says {shown['status']}")

    def _until_gone(self, describe: Describe) -> Iterator[dict[str, Any]]:
        for _ in range(self.looks):
            try:
                yield _only(describe())
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return
            self.wait()
        raise TimeoutError("it is there still")


def _only(answer: dict[str, Any]) -> dict[str, Any]:
    (value,) = (value for name, value in answer.items() if name != "ResponseMetadata")
    return dict(value)
