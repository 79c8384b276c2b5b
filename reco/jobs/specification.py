"""What a job's plan tells the container, and what the container answers: JSON files in S3.

The plan step writes `specification.json` into the attempt's folder and starts the container with its address; the
container writes `result.json` or `failure.json` beside it, last of all. State machines carry addresses only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from reco.jobs.trials import Proposal, ProposeSpecification, TrialResult, TrialSpecification, propose_from, trial_from

FORMAT_VERSION = 1


@dataclass(frozen=True)
class SnapshotReference:
    """A committed snapshot of one dataset."""

    uri: str
    """s3:// folder, with a trailing slash, in the artefact format."""
    digest: str
    """sha256 of its manifest, hex."""
    rows: int
    items: int | None = None
    """Distinct items of its interactions; None for other datasets, and where they were not counted."""


@dataclass(frozen=True)
class ImportSpecification:
    """Everything the container needs to turn a caller's CSV into a snapshot."""

    job_arn: str
    attempt: str
    attempt_uri: str
    """s3:// folder of this attempt: specification, result, failure, reject report."""
    source_uri: str
    """The caller's s3:// file, or prefix when it ends in a slash."""
    role_arn: str | None
    """Role to take before reading the source; None reads with the job's own role."""
    external_id: str
    dataset_type: str
    """Such as INTERACTIONS or ITEMS."""
    schema: str
    """The dataset's Avro schema, JSON text."""
    mode: Literal["FULL", "INCREMENTAL"]
    previous: SnapshotReference | None
    """What INCREMENTAL appends to; None for FULL."""
    snapshot_uri: str
    """s3:// folder to write the new snapshot to."""
    bad_row_share: float
    minimum_rows: int
    role_not_taken: str | None = None
    """The caller's role, where the source is read with the job's own role instead; a refusal's text names it."""
    kms_key_arn: str | None = None
    """The dataset group's key, under which everything is written; None: as the bucket encrypts."""
    command: Literal["import"] = "import"
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class EventLog:
    """Where streamed events of one dataset group lie, for the freeze before training."""

    bucket: str
    prefix: str
    """S3 prefix of Firehose's gzip JSON lines of all groups."""
    table: str
    """Hot DynamoDB table."""
    group: str
    """Incarnation of the dataset group whose events count."""


@dataclass(frozen=True)
class TrainSpecification:
    """Everything the container needs to train one model."""

    arn: str
    """Of what the model is for: a solution version, or a recommender."""
    attempt: str
    attempt_uri: str
    recipe_arn: str
    hyperparameters: dict[str, str]
    """algorithmHyperParameters as the caller gave them; the recipe fills in defaults."""
    feature_parameters: dict[str, str]
    """featureTransformationParameters as the caller gave them."""
    event_type: str | None
    event_value_threshold: float | None
    snapshots: dict[str, SnapshotReference]
    """By dataset type; INTERACTIONS may be absent when all data were streamed."""
    events: EventLog
    frozen_uri: str
    """s3:// folder for the frozen input's manifest and events; reused when the attempt is run again."""
    artefact_uri: str
    """s3:// folder to write the trained artefact to."""
    minimum_interactions: int
    events_config: dict[str, Any] | None = None
    """The solution's eventsConfig, members in snake case."""
    excluded_columns: dict[str, list[str]] = field(default_factory=dict)
    """Columns not to learn from, by dataset type."""
    included_columns: dict[str, list[str]] | None = None
    """The only columns to learn from, by dataset type; None is all."""
    optimization_objective: dict[str, str] | None = None
    """The solution's optimizationObjective, members in snake case; None is relevance alone."""
    previous: SnapshotReference | None = None
    """The artefact of the version that an UPDATE begins with; None trains afresh."""
    seed: int = 0
    search: str | None = None
    """Address of a search's report: its best trial says recipe and hyperparameters; None where nothing is searched."""
    kms_key_arn: str | None = None
    """As an import's."""
    command: Literal["train"] = "train"
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class ImportResult:
    """What a finished import reports."""

    snapshot: SnapshotReference
    rows_read: int
    rows_rejected: int
    rejected_by_reason: dict[str, int]
    report_uri: str
    """s3:// folder with rejects.csv.gz and report.json."""


@dataclass(frozen=True)
class TrainResult:
    """What a finished training reports."""

    artefact_uri: str
    artefact_digest: str
    metrics: dict[str, float]
    """By Personalize's names, four decimals."""
    training_seconds: float
    users: int
    items: int
    interactions: int
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobFailure:
    """Why the container gave up."""

    blame: Literal["user", "algorithm", "platform"]
    reason: str


Specification = ImportSpecification | TrainSpecification | ProposeSpecification | TrialSpecification
Result = ImportResult | TrainResult | Proposal | TrialResult


def to_json(value: Any) -> str:
    """One of this module's dataclasses as JSON text."""
    return json.dumps(asdict(value), sort_keys=True)


def specification_from_json(text: str) -> Specification:
    """Reads any specification.

    Raises:
        ValueError: another format version, or an unknown command.
    """
    data = json.loads(text)
    if data.get("format_version") != FORMAT_VERSION:
        raise ValueError(f"specification format {data.get('format_version')} is not {FORMAT_VERSION}")
    if data["command"] == "import":
        previous = data["previous"]
        return ImportSpecification(**{**data, "previous": SnapshotReference(**previous) if previous else None})
    if data["command"] == "train":
        snapshots = {name: SnapshotReference(**reference) for name, reference in data["snapshots"].items()}
        previous = SnapshotReference(**data["previous"]) if data.get("previous") else None
        rest = {"snapshots": snapshots, "events": EventLog(**data["events"]), "previous": previous}
        return TrainSpecification(**{**data, **rest})
    if data["command"] == "propose":
        return propose_from(data)
    if data["command"] == "trial":
        return trial_from(data)
    raise ValueError(f"unknown command {data['command']}")


def import_result_from_json(text: str) -> ImportResult:
    data = json.loads(text)
    return ImportResult(**{**data, "snapshot": SnapshotReference(**data["snapshot"])})


def train_result_from_json(text: str) -> TrainResult:
    return TrainResult(**json.loads(text))


def failure_from_json(text: str) -> JobFailure:
    return JobFailure(**json.loads(text))
