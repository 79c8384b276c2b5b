"""Tags on the machines that work for a resource: all that fit, and never more than SageMaker takes."""

from __future__ import annotations

import json
from dataclasses import replace

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, StringShape
from hypothesis import given
from hypothesis import strategies as st

from reco.arns import Kind
from reco.jobs.cost_tags import KEY, MOST_CHARACTERS, MOST_TAGS, VALUE, job_tags
from tests.jobs.bench import IMPORT, VERSION, Bench

keys = st.text(st.characters(categories=["L", "N"], include_characters="_.:/=+-@ "), min_size=1, max_size=128)
values = st.text(st.characters(categories=["L", "N"], include_characters="_.:/=+-@ "), max_size=256)


@given(st.dictionaries(keys, values, max_size=60))
def test_the_first_tags_are_carried_whole_and_their_text_is_bounded(tags: dict[str, str]) -> None:
    carried = job_tags(tags)
    assert [(tag[KEY], tag[VALUE]) for tag in carried] == list(tags.items())[: len(carried)]
    assert len(carried) <= MOST_TAGS
    assert len(json.dumps(carried)) <= MOST_CHARACTERS + 2


@given(st.dictionaries(keys, values, max_size=MOST_TAGS).filter(lambda tags: len(json.dumps(tags)) < 10_000))
def test_tags_of_common_length_are_all_carried(tags: dict[str, str]) -> None:
    assert len(job_tags(tags)) == len(tags)


def test_sagemaker_takes_what_personalize_takes() -> None:
    loader = Loader()
    models = {
        name: ServiceModel(loader.load_service_model(name, "service-2"), name) for name in ("sagemaker", "personalize")
    }
    for name in ("TagKey", "TagValue"):
        theirs, ours = (models[service].shape_for(name) for service in ("sagemaker", "personalize"))
        assert isinstance(theirs, StringShape) and isinstance(ours, StringShape)
        assert theirs.metadata["max"] == ours.metadata["max"]
        assert theirs.metadata["pattern"].strip("^$") == ours.metadata["pattern"].strip("^$")
    most = models["sagemaker"].shape_for("TagList")
    assert isinstance(most, ListShape) and most.metadata["max"] > MOST_TAGS


def test_the_plan_of_a_job_has_its_resources_tags(bench: Bench) -> None:
    for kind, arn, name in (
        (Kind.DATASET_IMPORT_JOB, IMPORT, "monday"),
        (Kind.SOLUTION_VERSION, VERSION, "als/0a1b2c3d"),
    ):
        bench.context.table.update(kind, name, lambda found: replace(found, tags={"team": "search", "quarter": ""}))
        execution, attempt = bench.begin(arn)
        plan = bench.step("plan", arn, execution, attempt=attempt)
        assert plan["tags"] == [{"Key": "team", "Value": "search"}, {"Key": "quarter", "Value": ""}]
