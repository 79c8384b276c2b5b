"""Configuration files are read as their users wrote them, and what is wrong is named by its place."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.arns import Kind
from reco.client.apply_configuration import Configuration
from reco.client.apply_cron import cron_problem
from reco.client.apply_format import read_configuration
from reco.client.apply_kinds import operations_on
from reco.errors import InvalidInput

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
EVERY_BLOCK = json.loads((SAMPLES / "every-block.json").read_text())

SIMPLEST = {"datasetGroup": {"serviceConfig": {"name": "g"}}}


def read(tmp_path: Path, document: Any) -> Configuration:
    file = tmp_path / "file.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_configuration(file)


def refused(tmp_path: Path, document: Any) -> list[str]:
    """The lines of the refusal, without the first."""
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, document)
    first, *lines = caught.value.message.splitlines()
    assert first.endswith("is not right:")
    return [line.strip() for line in lines]


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sample of every block, with one value changed or, with ..., left out."""
    document = copy.deepcopy(EVERY_BLOCK)
    steps: list[Any] = [int(step) if step.isdecimal() else step for step in re.findall(r"\w+", path)]
    place = document
    for step in steps[:-1]:
        place = place[step]
    if value is ...:
        del place[steps[-1]]
    else:
        place[steps[-1]] = value
    return document


def test_the_sample_of_every_block_asks_for_every_kind() -> None:
    configuration = read_configuration(SAMPLES / "every-block.json")
    kinds = {each.kind for each in configuration.resources}
    jobs_without_a_block = {Kind.BATCH_SEGMENT_JOB, Kind.DATASET_EXPORT_JOB, Kind.DATA_DELETION_JOB}
    assert kinds == set(Kind) - jobs_without_a_block - {Kind.METRIC_ATTRIBUTION}


def test_each_resource_comes_in_a_later_stage_than_all_that_it_needs() -> None:
    stages = read_configuration(SAMPLES / "every-block.json").stages()
    stage_of = {each.path: number for number, stage in enumerate(stages) for each in stage}
    for stage in stages:
        for each in stage:
            assert all(stage_of[path] < stage_of[each.path] for path in each.needs)


def test_every_schedule_of_the_file_is_told_with_what_to_do_instead() -> None:
    not_applied = read_configuration(SAMPLES / "every-block.json").not_applied
    schedules = {each.path for each in not_applied if str(each.value).startswith("cron(")}
    assert len(schedules) == json.dumps(EVERY_BLOCK).count("cron(")
    assert all(each.reason for each in not_applied)


def test_a_file_that_trains_without_importing_is_told_so(tmp_path: Path) -> None:
    block = {key: value for key, value in EVERY_BLOCK["datasets"]["interactions"].items() if key != "import"}
    (told,) = (
        each
        for each in read(tmp_path, changed("datasets.interactions", block)).not_applied
        if each.path == "datasets.interactions.import"
    )
    assert "give the dataset an import block" in told.reason
    alone = {"datasetGroup": EVERY_BLOCK["datasetGroup"], "datasets": {"interactions": block}}
    assert "datasets.interactions.import" not in {each.path for each in read(tmp_path, alone).not_applied}


def test_root_tags_are_for_whatever_has_none_of_its_own_and_can_have_some() -> None:
    for each in read_configuration(SAMPLES / "every-block.json").resources:
        if operations_on(each.kind).takes_tags:
            own = each.path in ("datasets.interactions.dataset", "solutions[1].solutionVersion")
            assert (each.given["tags"] == EVERY_BLOCK["tags"]) is not own
        else:
            assert "tags" not in each.given


def test_a_schema_is_text_for_the_api_and_has_the_domain_of_its_group() -> None:
    schema = read_configuration(SAMPLES / "every-block.json").at("datasets.users.schema")
    written = EVERY_BLOCK["datasets"]["users"]["schema"]["serviceConfig"]["schema"]
    assert json.loads(schema.given["schema"]) == written
    assert schema.given["domain"] == "VIDEO_ON_DEMAND"


def test_parameters_of_all_imports_are_defaults_of_each() -> None:
    job = read_configuration(SAMPLES / "every-block.json").at("datasets.interactions.import")
    assert (job.given["importMode"], job.given["roleArn"][-10:]) == ("FULL", "media-data")


def test_a_dataset_may_use_a_schema_that_is_there_already(tmp_path: Path) -> None:
    arn = "arn:aws:personalize:us-east-1:123456789012:schema/theirs"
    datasets = {"items": {"dataset": {"serviceConfig": {"name": "i", "schemaArn": arn}}}}
    (_, dataset) = read(tmp_path, {**SIMPLEST, "datasets": datasets}).resources
    assert dataset.given["schemaArn"] == arn and set(dataset.links) == {"datasetGroupArn"}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (
            "solutions[0].serviceConfig.recipeArn",
            "aws-sims",
            r"solutions[0].serviceConfig.recipeArn: must match arn:([a-z\d-]+):personalize:.*:.*:.+",
        ),
        ("solutions[0].serviceConfig.name", ..., "solutions[0].serviceConfig.name: is required"),
        ("filters[1].serviceConfig.name", "-x", "filters[1].serviceConfig.name: must match"),
        (
            "solutions[0].campaigns[0].serviceConfig.minProvisionedTps",
            1,
            "solutions[0].campaigns[0].serviceConfig.minProvisionedTps: is not known at CreateCampaignRequest; did you "
            "mean minProvisionedTPS?",
        ),
        (
            "solutions[0].serviceConfig.solutionConfig.autoTrainingConfig.schedulingExpression",
            "cron(0 0 * * ? *)",
            "solutions[0].serviceConfig.solutionConfig.autoTrainingConfig.schedulingExpression: must be at most 16",
        ),
        (
            "solutions[0].serviceConfig.solutionConfig.eventsConfig.eventParametersList[1].weight",
            2,
            "solutions[0].serviceConfig.solutionConfig.eventsConfig.eventParametersList[1].weight: must be at most 1",
        ),
        (
            "recommenders[0].serviceConfig.recommenderConfig.minRecommendationRequestsPerSecond",
            "1",
            "recommenders[0].serviceConfig.recommenderConfig.minRecommendationRequestsPerSecond: must be a number",
        ),
        ("datasetGroup.serviceConfig.domain", "RETAIL", "datasetGroup.serviceConfig.domain: must be one of ECOMMERCE"),
        (
            "datasetGroup.workflowConfig.schedules.import",
            "every day",
            "datasetGroup.workflowConfig.schedules.import: must be cron(...) with six fields",
        ),
        ("datasetGroup", ..., "datasetGroup: is required"),
        ("solutions[1].campaign", [], "solutions[1].campaign: is not known at this place; did you mean campaigns?"),
        ("datasets.interactions", [], "datasets.interactions: must be an object, is an array"),
        ("filters", {}, "filters: must be an array, is an object"),
        ("filters[0].serviceConfig", "x", "filters[0].serviceConfig: must be an object, is a string"),
        ("tags", {}, "tags: must be an array"),
        ("tags[0]", {"Key": "a"}, "datasetGroup.serviceConfig.tags[0].Key: is not known at Tag"),
        ("filters[1].serviceConfig.name", "media-unseen", "filters[1]: filters[0] is a filter 'media-unseen' already"),
        (
            "solutions[2].batchSegmentJobs[0].serviceConfig.numResult",
            1,
            "solutions[2].batchSegmentJobs[0].serviceConfig.numResult: is not known at CreateBatchSegmentJobRequest",
        ),
        ("datasets.actionInteraction", {}, "datasets.actionInteraction: is not known at this place; did you mean"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(tmp_path: Path, path: str, value: Any, line: str) -> None:
    lines = refused(tmp_path, changed(path, value))
    assert any(each.startswith(line) for each in lines), lines


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    document = changed("filters[0].serviceConfig.name", "?")
    document["filters"][1]["serviceConfig"]["filterExpression"] = ""
    document["solutions"][0]["serviceConfig"]["performHpo"] = True
    assert len(refused(tmp_path, document)) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ('{"datasetGroup": 1, "datasetGroup": 2}', "is there twice"),
        ("[]", "body: must be an object"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_configuration_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read(tmp_path, text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


@given(st.sampled_from([place for place in _places(EVERY_BLOCK) if place]), JSON)
def test_whatever_stands_anywhere_it_is_read_or_refused_in_words(place: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(EVERY_BLOCK)
    spot = document
    for step in place[:-1]:
        spot = spot[step]
    spot[place[-1]] = value
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f.json"
        file.write_text(json.dumps(document))
        try:
            read_configuration(file)
        except InvalidInput as error:
            assert str(file) in error.message


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 */6 * * ? *)",
        "cron(0 0 ? * 1 *)",
        "cron(* * * * ? *)",
        "cron(0/15 9-17 ? * MON-FRI 2026-2028)",
        "cron(0 0 L * ? *)",
        "cron(30 4 3W JAN,JUL ? *)",
        "cron(0 10 ? * 6#3 *)",
        "cron(0 0 ? * FRI-MON *)",
    ],
)
def test_expressions_that_eventbridge_takes_are_taken(expression: str) -> None:
    assert cron_problem(expression) is None


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cron(0 0 * * *)", "six fields"),
        ("rate(1 day)", "six fields"),
        ("cron(0 0 * * * *)", "must have ?"),
        ("cron(0 0 ? * ? *)", "must have ?"),
        ("cron(60 0 * * ? *)", "'60' is no minutes"),
        ("cron(0 0 * 13 ? *)", "'13' is no month"),
        ("cron(0 17-9 * * ? *)", "'17-9' is no hours"),
        ("cron(0 */0 * * ? *)", "'*/0' is no hours"),
        ("cron(0 0 ? * 6#9 *)", "'6#9' is no day of week"),
        (7, "must be a text"),
    ],
)
def test_expressions_that_eventbridge_refuses_are_refused(expression: object, words: str) -> None:
    assert words in str(cron_problem(expression))
