"""Every list, read as clients read them: page by page, whatever its key is called, while others come and go.

Generated from the service model: nothing here names an operation, but the one list that begins with the newest and the
one that is of a single resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reco.arns import Kind, parse_arn
from tests.conformance.answers import Heard
from tests.conformance.requests import CONTROL, fullest, kind_of, smallest
from tests.conformance.world import World
from tests.control.every_kind import one_of_each
from tests.control.putting_back import Kept
from tests.wire.samples import OPERATIONS

LISTS = tuple(name for name in CONTROL if "nextToken" in OPERATIONS[name].input_shape.members)
NEWEST_FIRST = ("ListDataDeletionJobs",)
OF_RESOURCES = tuple(name for name in LISTS if name not in ("ListRecipes", "ListMetricAttributionMetrics"))
"""Lists of what callers make, and may take away."""


@pytest.fixture(scope="module")
def crowded(shared_world: World) -> Iterator[World]:
    """At least three of each kind, none two of the same time."""
    with shared_world.undone():
        for name in ("second", "third"):
            shared_world.bench.pass_time(1)
            one_of_each(shared_world.bench, name)
        yield replace(shared_world, kept=Kept(shared_world.bench))


def pages(world: World, operation: str, size: int | None, token: str | None = None) -> Iterator[list[dict[str, Any]]]:
    """Page after page, as a client reads them that knows no list by its key."""
    required = _without_filter(world, operation)
    while True:
        asked = {**required, **({"nextToken": token} if token else {}), **({"maxResults": size} if size else {})}
        heard = Heard.of(world.bench.client)
        world.send(operation, asked)
        answer = json.loads(heard.raw)
        token = answer.pop("nextToken", None)
        (page,) = answer.values()
        yield page
        if token is None:
            return


def _without_filter(world: World, operation: str) -> dict[str, Any]:
    return smallest(world, operation) if operation == "ListMetricAttributionMetrics" else {}


def _own(summary: dict[str, Any]) -> str:
    """What a summary is of: the first member that ends in Arn; the name, where it is of no resource."""
    named = next((value for name, value in summary.items() if name.endswith("Arn")), None)
    return str(named or summary["metricName"])


def _listed(world: World, operation: str, size: int | None = None) -> list[str]:
    return [_own(summary) for page in pages(world, operation, size) for summary in page]


@pytest.mark.parametrize("operation", LISTS)
def test_pages_of_one_make_up_the_whole_list(crowded: World, operation: str) -> None:
    whole = _listed(crowded, operation)
    single = list(pages(crowded, operation, 1))
    assert [_own(summary) for page in single for summary in page] == whole
    assert {len(page) for page in single} == {1}
    assert len(set(whole)) == len(whole)
    if operation in OF_RESOURCES:
        assert len(whole) >= 3


@pytest.mark.parametrize("operation", OF_RESOURCES)
def test_a_list_begins_with_the_oldest_and_tells_of_each_first_what_it_is(crowded: World, operation: str) -> None:
    (summaries,) = pages(crowded, operation, None)
    made = [summary["creationDateTime"] for summary in summaries]
    assert made == sorted(made, reverse=operation in NEWEST_FIRST)
    kinds = {name and name.kind for name in map(parse_arn, map(_own, summaries))}
    assert len(kinds) == 1
    (kind,) = kinds
    assert kind and f"List{''.join(word.capitalize() for word in kind.value.split('-'))}s" == operation


@pytest.mark.parametrize("operation", OF_RESOURCES)
def test_a_list_goes_on_behind_what_has_gone_and_before_what_has_come(crowded: World, operation: str) -> None:
    whole = _listed(crowded, operation)
    reading = pages(crowded, operation, 1)
    first = _own(next(reading)[0])
    create = f"Create{operation.removeprefix('List').removesuffix('s')}"
    with crowded.undone():
        _vanish(crowded, first)
        crowded.bench.pass_time(1)
        made = crowded.send(create, smallest(crowded, create))
        rest = [_own(page[0]) for page in reading]
    came = [arn for arn in made.values() if arn in rest]
    assert rest == whole[1:] + came
    assert bool(came) == (operation not in NEWEST_FIRST)


@pytest.mark.parametrize("operation", LISTS)
def test_a_token_is_of_one_list_and_its_filter(crowded: World, operation: str) -> None:
    with crowded.undone():
        token = _token(crowded, operation)
    required = _without_filter(crowded, operation)
    for stranger in (name for name in LISTS if name != operation):
        _refused(crowded, stranger, {**_without_filter(crowded, stranger), "nextToken": token})
    for cut in (token[:-1], token[1:], token + "A", token.swapcase(), "0", " "):
        _refused(crowded, operation, {**required, "nextToken": cut})
    filled = fullest(crowded, operation)[0]
    for member in filled.keys() - required.keys() - {"nextToken", "maxResults"}:
        _refused(crowded, operation, {member: filled[member], "nextToken": token})


@pytest.mark.parametrize("operation", [name for name in OF_RESOURCES if len(OPERATIONS[name].input_shape.members) > 2])
def test_a_list_of_one_parent_has_just_its_children(crowded: World, operation: str) -> None:
    (member,) = OPERATIONS[operation].input_shape.members.keys() - {"nextToken", "maxResults"}
    parent = kind_of(member)
    assert parent is not None
    whole = _listed(crowded, operation)
    by_parent: list[str] = []
    for arn in _listed(crowded, _list_of(parent)):
        (summaries,) = (value for name, value in crowded.send(operation, {member: arn}).items() if _is_list(name))
        by_parent += [_own(summary) for summary in summaries]
    assert sorted(by_parent) == sorted(whole)


def _list_of(kind: Kind) -> str:
    return f"List{''.join(word.capitalize() for word in kind.value.split('-'))}s"


def _is_list(name: str) -> bool:
    return name not in ("ResponseMetadata", "nextToken")


def _token(world: World, operation: str) -> str:
    if operation == "ListMetricAttributionMetrics":
        world.send("UpdateMetricAttribution", smallest(world, "UpdateMetricAttribution"))
    answer = world.send(operation, {**_without_filter(world, operation), "maxResults": 1})
    return str(answer["nextToken"])


def _vanish(world: World, arn: str) -> None:
    """What the last reader of a deleted resource does."""
    name = parse_arn(arn)
    assert name is not None
    world.bench.table.delete(world.bench.stored(name.kind, name.resource_id))


def _refused(world: World, operation: str, request: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        world.send(operation, request)
    assert caught.value.response["Error"]["Code"] == "InvalidNextTokenException", (operation, request)
