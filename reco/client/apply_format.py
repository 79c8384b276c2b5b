"""Reads the JSON parameter files of the AWS solution "Maintaining Personalized Experiences with Machine Learning".

A file is a tree of blocks. `serviceConfig` holds parameters of the API's own Create operation; ARNs of the file's other
resources are filled in. `workflowConfig` holds `cron(...)` schedules, which are checked and reported (docs/applying.md
says what to do about each). Three things are this project's additions: an `import` block beside a dataset's `dataset`
and `schema`, datasets of `actions` and `actionInteractions`, and `solutionVersion.name`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from reco.arns import Kind
from reco.client.apply_blocks import Blocks
from reco.client.apply_configuration import Configuration, Link, NotApplied, Wanted
from reco.client.apply_kinds import operations_on
from reco.client.apply_parameters import check_parameters, refuse_unknown_keys
from reco.errors import InvalidInput
from reco.wire.parsing import Path, spell

DATASET_TYPES = {
    "users": "USERS",
    "items": "ITEMS",
    "interactions": "INTERACTIONS",
    "actions": "ACTIONS",
    "actionInteractions": "ACTION_INTERACTIONS",
}
"""By key in the file."""

_IMPORTS_BY_HAND = (
    "nothing here imports by the clock: change the dataset's import block and apply again, or let an EventBridge "
    "schedule create the import job"
)
_TRAINS_ITSELF = (
    "training by the clock is the API's own: give performAutoTraining and solutionConfig.autoTrainingConfig."
    "schedulingExpression, such as rate(7 days), in serviceConfig"
)
_UPDATES_BY_HAND = (
    "nothing here makes UPDATE versions by the clock: let an EventBridge schedule create a solution version with "
    "trainingMode UPDATE"
)
_NO_DATA = (
    "nothing here imports what lands in a bucket: give the dataset an import block, or create the import job yourself; "
    "until data are there, trainings fail"
)
_BATCH_BY_HAND = "nothing here starts batch jobs by the clock: let an EventBridge schedule create the job"

_LEARNED_FROM = "datasets.interactions"
_LONGEST_NAME = 63


def read_configuration(file: File) -> Configuration:
    """The file's resources, each checked against the service model.

    Raises:
        InvalidInput: the file cannot be read, is not JSON, or is wrong at the places that the message names.
    """
    try:
        document = json.loads(file.read_bytes(), object_pairs_hook=_no_key_twice)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from error
    reading = _Reading()
    reading.document(document)
    problems = reading.problems
    if problems.count:
        more = problems.count - len(problems.sentences)
        lines = [*problems.sentences, *([f"and {more} more"] if more else [])]
        raise InvalidInput(f"{file} is not right:\n" + "\n".join(f"  {line}" for line in lines))
    return Configuration(tuple(reading.resources), tuple(reading.not_applied))


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is there twice in one object")
    return made


class _Reading(Blocks):
    """Goes through a document once, and gathers what it finds."""

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[Wanted] = []
        self._tags: list[Any] = []
        self._domain: str | None = None

    def document(self, document: Any) -> None:
        top = self.object(
            document,
            None,
            ("tags", "datasetGroup", "datasets", "solutions", "recommenders", "eventTracker", "filters"),
        )
        self._tags = [tag for _, tag in self.elements(top.get("tags"), (None, "tags"))]
        self._group(top.get("datasetGroup"))
        self._datasets(top.get("datasets"))
        datasets = tuple(each.path for each in self.resources if each.kind is Kind.DATASET)
        imports = tuple(each.path for each in self.resources if each.kind is Kind.DATASET_IMPORT_JOB)
        data = (*datasets, *imports)
        learning = top.get("solutions") or top.get("recommenders")
        if learning and f"{_LEARNED_FROM}.dataset" in datasets and f"{_LEARNED_FROM}.import" not in imports:
            self.not_applied.append(NotApplied(f"{_LEARNED_FROM}.import", "absent", _NO_DATA))
        if "eventTracker" in top:
            self._simple(Kind.EVENT_TRACKER, top["eventTracker"], (None, "eventTracker"), datasets)
        for place, block in self.elements(top.get("filters"), (None, "filters")):
            self._simple(Kind.FILTER, block, place, datasets)
        for place, block in self.elements(top.get("recommenders"), (None, "recommenders")):
            self._simple(Kind.RECOMMENDER, block, place, data)
        for place, block in self.elements(top.get("solutions"), (None, "solutions")):
            self._solution(block, place, data)
        self._refuse_names_twice()

    def _group(self, value: Any) -> None:
        place = (None, "datasetGroup")
        if value is None:
            self.problems.add(place, "is required")
            return
        block = self.object(value, place, ("serviceConfig", "workflowConfig"))
        given = self.service_config(block, place)
        self._domain = given.get("domain")
        self._want(Kind.DATASET_GROUP, place, given)
        schedules = self.schedules(block, place)
        timed = schedules.get("import")
        where = ((place, "workflowConfig"), "schedules")
        if isinstance(timed, dict):
            for key, expression in timed.items():
                self.schedule(expression, ((where, "import"), key), _IMPORTS_BY_HAND)
        elif timed is not None:
            self.schedule(timed, (where, "import"), _IMPORTS_BY_HAND)
        refuse_unknown_keys(list(schedules), ("import",), where, self.problems)

    def _datasets(self, value: Any) -> None:
        if value is None:
            return
        top = (None, "datasets")
        blocks = self.object(value, top, ("serviceConfig", *DATASET_TYPES))
        importing = self.service_config(blocks, top)
        any_import = False
        for key, dataset_type in DATASET_TYPES.items():
            if key in blocks:
                any_import |= self._dataset(blocks[key], (top, key), dataset_type, importing)
        if importing and not any_import:
            reason = "it is for imports, and no dataset has an import block"
            self.not_applied.append(NotApplied("datasets.serviceConfig", importing, reason))

    def _dataset(self, value: Any, place: Path, dataset_type: str, importing: Mapping[str, Any]) -> bool:
        """Whether the dataset has an import block."""
        block = self.object(value, place, ("dataset", "schema", "import"))
        links = {"datasetGroupArn": Link("datasetGroup")}
        if "schema" in block:
            self._schema(block["schema"], (place, "schema"))
            links["schemaArn"] = Link(spell((place, "schema")))
        inner = self.object(block.get("dataset", {}), (place, "dataset"), ("serviceConfig",))
        given = self.service_config(inner, (place, "dataset"))
        self._want(Kind.DATASET, (place, "dataset"), {"datasetType": dataset_type, **given}, links)
        if "import" not in block:
            return False
        where = (place, "import")
        inner = self.object(block["import"], where, ("serviceConfig",))
        job = {**importing, **self.service_config(inner, where)}
        source = job.get("dataSource")
        if "jobName" not in job and isinstance(source, dict):
            job["jobName"] = _derived_name(given.get("name"), source)
        self._want(Kind.DATASET_IMPORT_JOB, where, job, {"datasetArn": Link(spell((place, "dataset")))})
        return True

    def _schema(self, value: Any, place: Path) -> None:
        block = self.object(value, place, ("serviceConfig",))
        given = dict(self.service_config(block, place))
        if isinstance(given.get("schema"), dict):
            # The file writes the schema as JSON, the API takes a text.
            given["schema"] = json.dumps(given["schema"])
        if self._domain is not None:
            given.setdefault("domain", self._domain)
        self._want(Kind.SCHEMA, place, given)

    def _simple(self, kind: Kind, value: Any, place: Path, after: tuple[str, ...]) -> None:
        block = self.object(value, place, ("serviceConfig",))
        given = self.service_config(block, place)
        self._want(kind, place, given, {"datasetGroupArn": Link("datasetGroup")}, after)

    def _solution(self, value: Any, place: Path, after: tuple[str, ...]) -> None:
        known = ("serviceConfig", "workflowConfig", "solutionVersion", "campaigns", "batchInferenceJobs")
        block = self.object(value, place, (*known, "batchSegmentJobs"))
        given = dict(self.service_config(block, place))
        version = given.pop("solutionVersion", {})
        if "solutionVersion" in block:
            inner = self.object(block["solutionVersion"], (place, "solutionVersion"), ("serviceConfig",))
            version = self.service_config(inner, (place, "solutionVersion"))
        self._want(Kind.SOLUTION, place, given, {"datasetGroupArn": Link("datasetGroup")}, after)
        version_place = (place, "solutionVersion")
        self._want(
            Kind.SOLUTION_VERSION,
            version_place,
            self.object(version, version_place, tuple(operations_on(Kind.SOLUTION_VERSION).members)),
            {"solutionArn": Link(spell(place))},
        )
        self._training_schedules(block, place)
        for where, campaign in self.elements(block.get("campaigns"), (place, "campaigns")):
            self._campaign(campaign, where, place)
        for key, kind in (
            ("batchInferenceJobs", Kind.BATCH_INFERENCE_JOB),
            ("batchSegmentJobs", Kind.BATCH_SEGMENT_JOB),
        ):
            for where, job in self.elements(block.get(key), (place, key)):
                self._batch_job(kind, job, where, version_place)

    def _training_schedules(self, block: Mapping[str, Any], place: Path) -> None:
        where = ((place, "workflowConfig"), "schedules")
        schedules = self.schedules(block, place)
        refuse_unknown_keys(list(schedules), ("full", "update"), where, self.problems)
        for key, reason in (("full", _TRAINS_ITSELF), ("update", _UPDATES_BY_HAND)):
            if key in schedules:
                self.schedule(schedules[key], (where, key), reason)

    def _campaign(self, value: Any, place: Path, solution: Path) -> None:
        block = self.object(value, place, ("serviceConfig",))
        given = self.service_config(block, place)
        config = given.get("campaignConfig")
        version = Link(spell((solution, "solutionVersion")))
        after: tuple[str, ...] = ()
        if isinstance(config, dict) and config.get("syncWithLatestSolutionVersion") is True:
            version, after = Link(spell(solution), "/$LATEST"), (version.path,)
        self._want(Kind.CAMPAIGN, place, given, {"solutionVersionArn": version}, after)

    def _batch_job(self, kind: Kind, value: Any, place: Path, version: Path) -> None:
        block = self.object(value, place, ("serviceConfig", "workflowConfig"))
        workflow = self.object(block.get("workflowConfig", {}), (place, "workflowConfig"), ("schedule",))
        if "schedule" in workflow:
            self.schedule(workflow["schedule"], ((place, "workflowConfig"), "schedule"), _BATCH_BY_HAND)
        given = self.service_config(block, place)
        missing = [name for name in ("jobName", "jobInput", "jobOutput", "roleArn") if name not in given]
        if missing:
            # The solution fills these in when a file lands in its bucket; there is no such bucket here.
            where = (place, "serviceConfig")
            check_parameters(kind, given, ("solutionVersionArn",), where, self.problems, may_lack=missing)
            reason = f"a job is made when serviceConfig has {', '.join(missing)} too"
            self.not_applied.append(NotApplied(spell(place), given, reason))
            return
        self._want(kind, place, given, {"solutionVersionArn": Link(spell(version))})

    def _want(
        self,
        kind: Kind,
        place: Path,
        given: Mapping[str, Any],
        links: Mapping[str, Link] | None = None,
        after: tuple[str, ...] = (),
    ) -> None:
        operations = operations_on(kind)
        links = {member: link for member, link in (links or {}).items() if member not in given}
        asked = dict(given)
        if self._tags and operations.takes_tags:
            asked.setdefault("tags", self._tags)
        direct = kind is Kind.SOLUTION_VERSION
        check_parameters(kind, asked, links, place if direct else (place, "serviceConfig"), self.problems)
        name = asked.get(operations.name_member)
        self.resources.append(Wanted(spell(place), kind, name if isinstance(name, str) else "", asked, links, after))

    def _refuse_names_twice(self) -> None:
        seen: dict[tuple[Kind, str], Wanted] = {}
        for each in self.resources:
            if not each.name or each.kind in (Kind.DATASET, Kind.SOLUTION_VERSION):
                continue
            other = seen.setdefault((each.kind, each.name), each)
            same_schema = each.kind is Kind.SCHEMA and other.given == each.given
            if other is not each and not same_schema:
                said = operations_on(each.kind).said
                self.problems.add((None, each.path), f"{other.path} is a {said} {each.name!r} already")


def _derived_name(dataset: Any, source: Mapping[str, Any]) -> str:
    """A name that changes with the place of the data: so another place is another import."""
    digest = hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:8]
    stem = dataset if isinstance(dataset, str) and dataset else "import"
    return f"{stem[: _LONGEST_NAME - 9]}-{digest}"
