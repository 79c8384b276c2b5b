"""Tags: set, shown, overwritten and removed; never part of a description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from botocore.model import OperationModel

from reco.control.tags import TAGGABLE
from reco.wire.service_models import CONTROL, operation_model, service_model
from tests.control.conftest import RECIPE, Bench, refused
from tests.control.every_kind import one_of_each


def _tags(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"tagKey": f"k{number}", "tagValue": f"v{number}"} for number in range(start, start + count)]


def _shown(bench: Bench, arn: str) -> Sequence[dict[str, str]]:
    return list(bench.client.list_tags_for_resource(resourceArn=arn)["tags"])


def test_tags_of_a_create_are_listed_and_nowhere_else(bench: Bench) -> None:
    arn = bench.client.create_dataset_group(name="g", tags=_tags(2))["datasetGroupArn"]

    assert _shown(bench, arn) == _tags(2)
    assert "tags" not in bench.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]


def test_tagging_adds_and_overwrites_and_untagging_removes(bench: Bench) -> None:
    arn = bench.client.create_dataset_group(name="g", tags=_tags(2))["datasetGroupArn"]
    bench.client.tag_resource(resourceArn=arn, tags=[{"tagKey": "k1", "tagValue": ""}, *_tags(1, 7)])
    bench.client.untag_resource(resourceArn=arn, tagKeys=["k0", "never there"])

    assert _shown(bench, arn) == [{"tagKey": "k1", "tagValue": ""}, *_tags(1, 7)]


@pytest.fixture
def tagging(bench: Bench) -> Iterator[Bench]:
    """A bench whose client gives two tags to whatever it creates, where the model has tags."""

    def add_tags(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        if model.name.startswith("Create") and "tags" in model.input_shape.members:
            params["tags"] = _tags(2)

    events = bench.client.meta.events
    events.register("provide-client-params.personalize", add_tags, unique_id="tags")
    yield bench
    events.unregister("provide-client-params.personalize", unique_id="tags")


def test_the_kinds_that_take_tags_are_those_whose_create_does_in_the_model() -> None:
    tagged = {
        name.removeprefix("Create")
        for name in service_model(CONTROL).operation_names
        if name.startswith("Create") and "tags" in operation_model(CONTROL, name).input_shape.members
    }
    assert {kind.value.title().replace("-", "") for kind in TAGGABLE} == tagged


def test_every_taggable_kind_takes_tags_when_it_is_made_and_later(tagging: Bench) -> None:
    made, _ = one_of_each(tagging, "")
    for kind, arn in made.items():
        if kind in TAGGABLE:
            assert _shown(tagging, arn) == _tags(2), kind
            tagging.client.tag_resource(resourceArn=arn, tags=_tags(1, 7))
            tagging.client.untag_resource(resourceArn=arn, tagKeys=["k0"])
            assert _shown(tagging, arn) == [*_tags(1, 1), *_tags(1, 7)], kind
        else:
            for operation, more in (
                (tagging.client.tag_resource, {"tags": _tags(1)}),
                (tagging.client.untag_resource, {"tagKeys": ["k0"]}),
                (tagging.client.list_tags_for_resource, {}),
            ):
                refused("InvalidInputException", operation, resourceArn=arn, **more)


def test_fifty_tags_are_the_most(bench: Bench) -> None:
    arn = bench.client.create_dataset_group(name="g", tags=_tags(50))["datasetGroupArn"]

    bench.client.tag_resource(resourceArn=arn, tags=_tags(3))
    refused("TooManyTagsException", bench.client.tag_resource, resourceArn=arn, tags=_tags(1, 50))
    refused("TooManyTagsException", bench.client.create_dataset_group, name="h", tags=_tags(51))
    refused(
        "TooManyTagKeysException", bench.client.untag_resource, resourceArn=arn, tagKeys=[f"k{n}" for n in range(51)]
    )
    assert len(_shown(bench, arn)) == 50


@pytest.mark.parametrize(
    "tags",
    [[{"tagKey": "aws:mine", "tagValue": "x"}], [{"tagKey": "AWS:x", "tagValue": ""}], [*_tags(1), *_tags(1)]],
    ids=["reserved", "reserved in capitals", "twice"],
)
def test_bad_tags_create_nothing(bench: Bench, tags: list[dict[str, str]]) -> None:
    refused("InvalidInputException", bench.client.create_dataset_group, name="g", tags=tags)
    assert bench.client.list_dataset_groups()["datasetGroups"] == []


def test_schemas_and_recipes_carry_no_tags(bench: Bench) -> None:
    for arn in (bench.schema(), RECIPE):
        refused("InvalidInputException", bench.client.tag_resource, resourceArn=arn, tags=_tags(1))
        refused("InvalidInputException", bench.client.list_tags_for_resource, resourceArn=arn)


def test_a_resource_that_is_being_deleted_takes_no_tags(bench: Bench) -> None:
    group = bench.group()
    bench.client.delete_dataset_group(datasetGroupArn=group)
    refused("ResourceInUseException", bench.client.tag_resource, resourceArn=group, tags=_tags(1))
