"""What a function is told by its environment. One table: the stacks write it, the handlers read it.

A function is given only the settings it uses; reading one it was not given is an error that names the variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, how its text is read, and a sentence for the reference page."""

    variable: str
    parse: Callable[[str], Any]
    sentence: str


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def parse_pairs(text: str) -> dict[str, str]:
    """`a:1,b:none` by name; whether such names exist is for who uses them to say."""
    pairs = [pair.partition(":") for pair in _names(text)]
    if bad := [name for name, _, value in pairs if not name or not value]:
        raise ValueError(f"must be NAME:VALUE, comma separated; {bad[0]!r} has no value")
    return {name: value for name, _, value in pairs}


def parse_share(text: str) -> float:
    """A share of rows, 0 to 1.

    Raises:
        ValueError: it is none.
    """
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("must be a number from 0 to 1, such as 0.05")
    return share


SETTINGS: Mapping[str, Setting] = {
    "region": Setting("AWS_REGION", str, "Region of the deployment; Lambda sets it."),
    "function_name": Setting("AWS_LAMBDA_FUNCTION_NAME", str, "Name of the function; Lambda sets it."),
    "resources_table": Setting("RECO_RESOURCES_TABLE", str, "DynamoDB table of resources and pointers."),
    "events_table": Setting("RECO_EVENTS_TABLE", str, "DynamoDB table of streamed events."),
    "data_bucket": Setting("RECO_DATA_BUCKET", str, "S3 bucket of snapshots, models and reports."),
    "event_stream": Setting("RECO_EVENT_STREAM", str, "Firehose delivery stream that keeps every event."),
    "import_machine": Setting("RECO_IMPORT_MACHINE", str, "ARN of the state machine that imports."),
    "train_machine": Setting("RECO_TRAIN_MACHINE", str, "ARN of the state machine that trains."),
    "deploy_machine": Setting("RECO_DEPLOY_MACHINE", str, "ARN of the state machine that deploys."),
    "recommender_machine": Setting(
        "RECO_RECOMMENDER_MACHINE", str, "ARN of the state machine that trains and deploys recommenders."
    ),
    "schedule_group": Setting("RECO_SCHEDULE_GROUP", str, "Scheduler's group of the schedules of automatic training."),
    "schedule_role": Setting(
        "RECO_SCHEDULE_ROLE", str, "ARN of the role as which schedules call the control function."
    ),
    "data_buckets": Setting(
        "RECO_DATA_BUCKETS", _names, "Buckets the job role may read without a caller's role, comma separated; * is all."
    ),
    "job_role": Setting("RECO_JOB_ROLE", str, "ARN of the role that long jobs run as."),
    "external_id": Setting("RECO_EXTERNAL_ID", str, "sts:ExternalId that the job role shows when it takes a role."),
    "customer_key": Setting(
        "RECO_CUSTOMER_KEY",
        lambda text: text or None,
        "ARN of the KMS key that encrypts all the deployment keeps; empty where AWS owns the keys.",
    ),
    "data_keys": Setting(
        "RECO_DATA_KEYS",
        _names,
        "ARNs of further KMS keys that dataset groups may have, comma separated; * is every key of the account.",
    ),
    "instance_type": Setting("RECO_INSTANCE_TYPE", str, "SageMaker instance type of jobs too large for a function."),
    "function_memory_mb": Setting("RECO_FUNCTION_MEMORY_MB", int, "Memory of the job function, MB."),
    "transition_s": Setting(
        "RECO_TRANSITION_SECONDS", float, "Seconds a resource without a machine spends in each passing status."
    ),
    "pointer_cache_s": Setting(
        "RECO_POINTER_CACHE_SECONDS", float, "Seconds the runtime may serve from its memory before it looks again."
    ),
    "quotas": Setting(
        "RECO_QUOTAS",
        parse_pairs,
        "Quotas other than Personalize's defaults, as NAME:NUMBER or NAME:none, comma separated.",
    ),
    "permissions": Setting(
        "RECO_PERMISSIONS", str, "Who may call which operation, as JSON: patterns of callers to lists of operations."
    ),
    "bad_row_share": Setting(
        "RECO_BAD_ROW_SHARE",
        parse_share,
        "Largest share of rejected rows, 0 to 1, with which an import still succeeds.",
    ),
    "minimum_interactions": Setting(
        "RECO_MINIMUM_INTERACTIONS", int, "Fewest unique interactions that an import or a training accepts."
    ),
}


class Settings:
    """The settings of one function, read once. `settings.data_bucket` is the parsed value."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Reads all at once.

        Raises:
            ValueError: a value does not parse, or a RECO_ variable is unknown; all problems in one message.
        """
        known = {setting.variable for setting in SETTINGS.values()}
        problems = [f"unknown setting {name}" for name in environment if name.startswith("RECO_") and name not in known]
        self._values: dict[str, Any] = {}
        for name, setting in SETTINGS.items():
            if setting.variable in environment:
                try:
                    self._values[name] = setting.parse(environment[setting.variable])
                except ValueError as error:
                    problems.append(f"{setting.variable}: {error}")
        if problems:
            raise ValueError("; ".join(problems))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in SETTINGS:
            raise AttributeError(name)
        if name not in self._values:
            raise LookupError(f"this function was not given {SETTINGS[name].variable}")
        return self._values[name]


def environment_for(**values: object) -> dict[str, str]:
    """The environment variables that carry these settings; what the stacks inject."""
    return {SETTINGS[name].variable: str(value) for name, value in values.items()}
