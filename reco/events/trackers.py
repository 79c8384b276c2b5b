"""From a tracking id to the dataset group that its events belong to, remembered for some seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reco.arns import Kind, parse_arn
from reco.clock import Clock
from reco.datasets.schemas import Schema, parse_schema
from reco.storage.resources import ResourceTable
from reco.storage.tracking import Tracking


@dataclass(frozen=True)
class TrackedGroup:
    """Where a tracker's events go."""

    incarnation: str
    """Of the dataset group."""
    schema: Schema | None
    """Of its interactions; None while it has no such dataset."""


class Trackers:
    """Looks trackers up. What was found is believed for `cache_s`; what was not is looked for again each time."""

    def __init__(
        self,
        find: Callable[[str], Tracking | None],
        resources: ResourceTable,
        *,
        cache_s: float,
        clock: Clock,
        limit: int = 1_000,
    ) -> None:
        self._find = find
        self._resources = resources
        self._cache_s = cache_s
        self._clock = clock
        self._limit = limit
        self._found: dict[str, tuple[float, TrackedGroup]] = {}

    def group(self, tracking_id: str) -> TrackedGroup | None:
        """The group of a tracker; None when no tracker has this id."""
        now = self._clock()
        known = self._found.get(tracking_id)
        if known and now - known[0] < self._cache_s:
            return known[1]
        self._found.pop(tracking_id, None)
        tracking = self._find(tracking_id)
        if tracking is None:
            return None
        group = TrackedGroup(tracking.group_incarnation, self._schema(tracking.group))
        if len(self._found) >= self._limit:
            self._found.clear()
        self._found[tracking_id] = (now, group)
        return group

    def _schema(self, group_arn: str) -> Schema | None:
        group = parse_arn(group_arn)
        dataset = group and self._resources.get(Kind.DATASET, f"{group.resource_id}/INTERACTIONS")
        name = dataset and parse_arn(dataset.body["schema_arn"])
        schema = name and self._resources.get(Kind.SCHEMA, name.resource_id)
        return parse_schema(schema.body["schema"]) if schema else None
