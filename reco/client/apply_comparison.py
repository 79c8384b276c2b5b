"""What differs between a file and the account: only members that the file gives are looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reco.arns import Kind
from reco.client.apply_configuration import Wanted
from reco.client.apply_kinds import operations_on
from reco.jobs.status import CREATE_FAILED

NOT_YET = "(not there yet)"
"""Stands for the ARN of a resource that is still to be created."""

_LATEST = "/$LATEST"

_REPLACEABLE_SCHEMAS = ("ITEMS", "USERS")
"""The types of dataset that UpdateDataset takes (control-plane reference, section E.4)."""

_NEVER_COMPARED = frozenset({"tags", "jobName"})
_COMPARED_OF_JOBS = {
    Kind.DATASET_IMPORT_JOB: frozenset({"datasetArn", "dataSource"}),
    Kind.BATCH_INFERENCE_JOB: frozenset({"jobInput", "jobOutput", "numResults", "filterArn"}),
    Kind.BATCH_SEGMENT_JOB: frozenset({"jobInput", "jobOutput", "numResults", "filterArn"}),
    Kind.SOLUTION_VERSION: frozenset({"trainingMode"}),
}
"""A job is found by its name, and how it was run matters only so far."""


@dataclass(frozen=True)
class Difference:
    """One member."""

    member: str
    """Such as `solutionConfig.eventsConfig`."""
    actual: Any
    """None when the account has nothing there."""
    wanted: Any
    updatable: bool
    """An Update operation takes it."""


def differences(wanted: Wanted, parameters: Mapping[str, Any], described: Mapping[str, Any]) -> list[Difference]:
    """Member by member, as deep as the file goes.

    Args:
        parameters: what the file gives, with the links filled in.
        described: the resource as Describe answers it.
    """
    found = []
    actual = _with_update(wanted.kind, described)
    for member, value in parameters.items():
        if member in _NEVER_COMPARED or member not in _COMPARED_OF_JOBS.get(wanted.kind, {member}):
            continue
        for path, was, should in _apart(member, actual.get(member), value):
            found.append(Difference(path, was, should, _updatable(wanted.kind, path, parameters, described)))
    return found


def update_parameters(wanted: Wanted, parameters: Mapping[str, Any], found: list[Difference]) -> dict[str, Any]:
    """What Update is to be sent, but for the ARN: of each block that differs, all that the file gives."""
    asked: dict[str, Any] = {}
    for source, target in operations_on(wanted.kind).updatable.items():
        if any(each.member == source or each.member.startswith((f"{source}.", f"{source}[")) for each in found):
            value: Any = parameters
            for part in source.split("."):
                value = value[part]
            place = asked
            for part in target[:-1]:
                place = place.setdefault(part, {})
            place[target[-1]] = value
    version = str(parameters.get("solutionVersionArn", ""))
    if "campaignConfig" in asked and version.endswith(_LATEST):
        # A campaign begins to follow its solution only where the request names the solution's newest version too.
        asked["solutionVersionArn"] = version
    return asked


def _updatable(kind: Kind, path: str, parameters: Mapping[str, Any], described: Mapping[str, Any]) -> bool:
    if kind is Kind.DATASET and str(parameters["datasetType"]).upper() not in _REPLACEABLE_SCHEMAS:
        return False
    if kind is Kind.CAMPAIGN and path == "solutionVersionArn":
        return _solution_of(described[path]) == _solution_of(parameters[path]) or parameters[path] == NOT_YET
    sources = operations_on(kind).updatable
    return any(path == source or path.startswith((f"{source}.", f"{source}[")) for source in sources)


def _solution_of(version_arn: str) -> str:
    return version_arn.rpartition("/")[0]


def _with_update(kind: Kind, described: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the resource will be once its latest update has ended; a solution shows that nowhere else."""
    waitable = operations_on(kind).waitable
    update = described.get(waitable.update, {}) if waitable.update else {}
    if kind is not Kind.SOLUTION or not update or update.get("status") == CREATE_FAILED:
        return described
    merged = {**described, "solutionConfig": {**described.get("solutionConfig", {})}}
    merged["solutionConfig"].update(update.get("solutionUpdateConfig", {}))
    for flag in ("performAutoTraining", "performIncrementalUpdate"):
        if flag in update:
            merged[flag] = update[flag]
    return merged


def _apart(path: str, actual: Any, wanted: Any) -> Iterator[tuple[str, Any, Any]]:
    """Places where the two differ; what only the account has is no difference."""
    if path == "schema":
        yield from _schemas_apart(_as_json(actual), _as_json(wanted))
    elif path == "datasetType":
        if str(actual).upper() != str(wanted).upper():
            yield path, actual, wanted
    elif path == "solutionVersionArn" and str(wanted).endswith(_LATEST):
        # The service follows by itself; which version it has reached is no difference.
        if _solution_of(str(actual)) != _solution_of(wanted):
            yield path, actual, wanted
    elif isinstance(wanted, Mapping):
        inner = actual if isinstance(actual, Mapping) else {}
        for key, value in wanted.items():
            yield from _apart(f"{path}.{key}", inner.get(key), value)
    elif _named(wanted) and _named(actual):
        yield from _apart(path, _by_name(actual), _by_name(wanted))
    elif isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        for position, (was, should) in enumerate(zip(actual, wanted, strict=True)):
            yield from _apart(f"{path}[{position}]", was, should)
    elif actual != wanted and not (actual is None and wanted in (False, [], {})):
        yield path, actual, wanted


def _schemas_apart(actual: Any, wanted: Any) -> Iterator[tuple[str, Any, Any]]:
    """Field by field. A schema counts as a whole: what only the account has differs too, and so does the order."""
    if actual == wanted:
        return
    there, should = _parts(actual), _parts(wanted)
    parts = [part for part in dict.fromkeys((*there, *should)) if there.get(part) != should.get(part)]
    yield from ((f"schema.{part}", there.get(part), should.get(part)) for part in parts)
    if not parts:
        yield "schema", list(there) or actual, list(should) or wanted


def _parts(schema: Any) -> dict[str, Any]:
    """What a schema says, by place: a field is at `fields[PRICE]`. Empty for what is no schema."""
    if not isinstance(schema, Mapping) or not _named(schema.get("fields")):
        return dict(schema) if isinstance(schema, Mapping) else {}
    others = {key: value for key, value in schema.items() if key != "fields"}
    return {**others, **{f"fields[{each['name']}]": each for each in schema["fields"]}}


def _named(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) and "name" in each for each in value)
    )


def _by_name(ranges: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Hyperparameter ranges by name; Amazon Personalize answers `training.bptt` for `bptt`."""
    stripped = ((str(each["name"]).rpartition(".")[2], each) for each in ranges)
    return {name: {key: value for key, value in each.items() if key != "name"} for name, each in stripped}


def _as_json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
