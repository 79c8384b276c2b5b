"""The model of the control plane: what exists, and the status of each as a function of time. Nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reco.arns import Kind
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S

CREATING = ("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE")
WITHOUT_WORK = ("CREATE PENDING", "CREATE IN_PROGRESS", "CREATE FAILED")
PATHS = {
    Kind.SCHEMA: ("ACTIVE",) * 3,
    Kind.DATA_DELETION_JOB: ("PENDING", "IN_PROGRESS", "FAILED"),
    Kind.DATASET_EXPORT_JOB: WITHOUT_WORK,
    Kind.BATCH_INFERENCE_JOB: WITHOUT_WORK,
    Kind.BATCH_SEGMENT_JOB: WITHOUT_WORK,
    Kind.METRIC_ATTRIBUTION: WITHOUT_WORK,
}
"""Statuses of kinds without a machine that are not simply created."""
UPDATES = {
    Kind.DATASET: ("UPDATE PENDING", "UPDATE IN_PROGRESS", "ACTIVE"),
    Kind.METRIC_ATTRIBUTION: ("UPDATE PENDING", "UPDATE IN_PROGRESS", "UPDATE FAILED"),
}
MACHINE = {Kind.DATASET_IMPORT_JOB, Kind.SOLUTION_VERSION, Kind.CAMPAIGN, Kind.RECOMMENDER}
"""Kinds whose status somebody writes: here, rules of the test."""
SERVING = {Kind.CAMPAIGN, Kind.RECOMMENDER}
GOES_WITH_PARENT = {
    Kind.DATASET_IMPORT_JOB,
    Kind.DATASET_EXPORT_JOB,
    Kind.DATA_DELETION_JOB,
    Kind.SOLUTION_VERSION,
    Kind.BATCH_INFERENCE_JOB,
    Kind.BATCH_SEGMENT_JOB,
}
BUSY = ("PENDING", "IN_PROGRESS")
FINAL = {"ACTIVE", "CREATE FAILED", "CREATE STOPPED", "UPDATE FAILED", "FAILED", "INACTIVE"}


@dataclass
class Life:
    """One resource."""

    kind: Kind
    id: str
    created: float
    parent: Life | None = None
    group: str = ""
    """Name of the dataset group it belongs to, directly or not."""
    written: str | None = None
    """What its machine wrote last."""
    stopped: float | None = None
    updated: float | None = None
    """When its latest update began, of a kind whose update is a matter of time."""
    updating: bool = False
    """Whether an update beside it is on its way, of a kind whose machine ends it."""
    deleted: float | None = None
    schema: str = ""
    """Of a dataset."""
    filter: str = ""
    """Of a batch job: the one it works with; of a filter: what it filters."""
    serves: str = ""
    """Id of the solution version that a campaign serves, or is to serve first."""
    follows: bool = False
    """Whether a campaign is to have each new version of its solution."""
    tried: str = ""
    """Id of the version that a campaign's latest update brings; empty before the first."""
    will_follow: bool = False
    """Whether the campaign follows once its latest update is ACTIVE."""
    tags: dict[str, str] = field(default_factory=dict)

    def status(self, now: float) -> str | None:
        """None once it is gone."""
        lasting = max(2 * TRANSITION_S, POINTER_CACHE_S if self.kind in SERVING else 0.0)
        if self.deleted is not None:
            if self.kind is Kind.SCHEMA or now - self.deleted >= lasting:
                return None
            pending = self.kind is Kind.DATASET_GROUP or now - self.deleted < TRANSITION_S
            return "DELETE PENDING" if pending else "DELETE IN_PROGRESS"
        if self.written == "INACTIVE" and self.stopped is not None:
            since = now - self.stopped
            return "STOP PENDING" if since < TRANSITION_S else "STOP IN_PROGRESS" if since < lasting else "INACTIVE"
        if self.kind in MACHINE:
            return self.written
        if self.updated is not None and self.kind in UPDATES:
            return UPDATES[self.kind][min(2, int((now - self.updated) // TRANSITION_S))]
        return PATHS.get(self.kind, CREATING)[min(2, int((now - self.created) // TRANSITION_S))]

    def busy(self, now: float) -> bool:
        """In one of the statuses that pass by themselves or by a machine; being deleted is none of them."""
        status = self.status(now) or ""
        return status.endswith(BUSY) and not status.startswith("DELETE")

    def solution_updating(self, now: float) -> bool:
        return self.updated is not None and now - self.updated < 2 * TRANSITION_S


@dataclass
class World:
    """All there is."""

    now: float
    lives: dict[tuple[Kind, str], Life] = field(default_factory=dict)

    def add(self, life: Life) -> None:
        assert (life.kind, life.id) not in self.lives
        self.lives[life.kind, life.id] = life

    def get(self, kind: Kind, resource_id: str) -> Life | None:
        return self.lives.get((kind, resource_id))

    def of(self, kind: Kind) -> Iterator[Life]:
        return (life for life in list(self.lives.values()) if life.kind is kind)

    def children(self, parent: Life, kind: Kind) -> list[Life]:
        return [life for life in self.of(kind) if life.parent is parent]

    def in_group(self, group: str, *kinds: Kind) -> list[Life]:
        return [life for kind in kinds for life in self.of(kind) if life.group == group]

    def newest(self, solution: Life) -> Life | None:
        """Of its versions that are ACTIVE the newest."""
        trained = [each for each in self.children(solution, Kind.SOLUTION_VERSION) if each.written == "ACTIVE"]
        return max(trained, key=lambda each: each.created, default=None)

    def dataset(self, group: str, dataset_type: str) -> Life | None:
        """The dataset that whoever needs one finds: not one that is being deleted."""
        life = self.get(Kind.DATASET, f"{group}/{dataset_type}")
        return life if life and life.deleted is None else None

    def pass_time(self, seconds: float) -> None:
        """What is past its end goes, and what goes with it."""
        self.now += seconds
        while gone := [key for key, life in self.lives.items() if self._is_gone(life)]:
            for key in gone:
                del self.lives[key]

    def _is_gone(self, life: Life) -> bool:
        if life.status(self.now) is None:
            return True
        if life.kind not in GOES_WITH_PARENT or life.parent is None:
            return False
        return self.lives.get((life.parent.kind, life.parent.id)) is not life.parent
