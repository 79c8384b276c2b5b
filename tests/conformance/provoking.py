"""Ways to be refused, each tried on every operation that has the members for it. None knows an operation by name.

A way is given a world, an operation and its smallest valid request, and yields requests; what it needs beside the
world's own resources it makes itself, and the caller undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape

from reco.arns import Kind
from reco.control.quotas import QUOTAS
from reco.control.tags import TAG_LIMIT
from reco.storage.resources import Resource, RevisionConflict
from tests.conformance.requests import CONTROL, fullest, kind_of, smallest
from tests.conformance.values import BY_NAME
from tests.conformance.world import World
from tests.control.conftest import settings_with
from tests.wire.limits import bounds
from tests.wire.samples import OPERATIONS, places, replaced

Request = dict[str, Any]
Way = Callable[[World, str, Request], Generator[Request, None, None]]


def out_of_bounds(_world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """A value that breaks a limit, of those that boto3 lets pass."""
    filled = {**request, "maxResults": 101} if "maxResults" in _input(operation).members else request
    for place in places(operation, filled):
        for bound in bounds(place.shape):
            if place.steps == ("maxResults",):
                yield filled
            elif "at least" not in bound.words and "at most" not in bound.words:
                yield replaced(request, place.steps, bound.broken[0])


def never_there(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """Each ARN, of something that never was."""
    for member, arn in _arns(world, operation).items():
        head, _, tail = arn.rpartition(":")
        kind, *names = tail.split("/")
        yield {**request, member: f"{head}:{kind}/" + "/".join(["nowhere", *names[1:]])}


def strange_token(_world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    if "nextToken" in _input(operation).members:
        yield {**request, "nextToken": "made up"}


def made_twice(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """The same once more; what has no name of its own is given one."""
    named = {**request, "name": "fresh"} if "name" in _input(operation).members else request
    world.send(operation, named)
    world.bench.settle()
    yield named


def second_of_its_kind(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """Another name, where nothing but the name differs."""
    for member in ("name", "jobName"):
        if member in request:
            world.send(operation, request)
            yield {**request, member: "another"}


def beyond_quotas(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """As many as there can be, where every quota is one."""
    one_each = ",".join(f"{quota.name}:1" for quota in QUOTAS)
    world.bench.settings = settings_with(quotas=one_each)
    try:
        world.send(operation, request)
    except ClientError:
        # Other resources of the world have used the quota up.
        yield request
        return
    yield {**request, **{member: "another" for member in ("name", "jobName") if member in request}}


def too_many_tags(_world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    names = [f"key-{number}" for number in range(TAG_LIMIT + 1)]
    if "tags" in _input(operation).members:
        yield {**request, "tags": [{"tagKey": name, "tagValue": ""} for name in names]}
    if "tagKeys" in _input(operation).members:
        yield {**request, "tagKeys": names}


def just_begun(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """Each ARN, of something that is still being made."""
    for member, arn in _arns(world, operation).items():
        kind = kind_of(member)
        if kind:
            yield {**request, member: _begin(world, kind, arn)}


def on_its_way_out(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """Each ARN, of something that is being deleted."""
    for member, arn in _arns(world, operation).items():
        kind = kind_of(member)
        # A schema has no way out: it is gone at once. Versions and jobs go with what they were made for.
        if kind is None or kind is Kind.SCHEMA or _verb("Delete", kind) not in CONTROL:
            continue
        begun = _begin(world, kind, arn)
        if world.bench.stored(kind, begun.split("/", 1)[1]).status is not None:
            world.bench.end_job(begun)
        world.bench.settle()
        world.send(_verb("Delete", kind), {f"{_camel(kind)}Arn": begun})
        yield {**request, member: begun}


def others_depend_on_it(world: World, operation: str, request: Request) -> Generator[Request, None, None]:
    """Each ARN, of what the rest of the world is built on."""
    for member in _arns(world, operation):
        kind = kind_of(member)
        if kind:
            yield {**request, member: world.living[kind]}


def others_keep_changing_it(world: World, _operation: str, request: Request) -> Generator[Request, None, None]:
    """Whenever it is to be written, somebody has written just before."""

    def lose(_changed: Resource) -> Resource:
        raise RevisionConflict("somebody was faster")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.bench.table, "replace", lose)
        yield request


WAYS: tuple[Way, ...] = (
    out_of_bounds,
    never_there,
    strange_token,
    made_twice,
    second_of_its_kind,
    beyond_quotas,
    too_many_tags,
    just_begun,
    on_its_way_out,
    others_depend_on_it,
    others_keep_changing_it,
)


def codes(world: World, operation: str) -> set[str]:
    """The codes of all refusals that all ways come to."""
    found: set[str] = set()
    for way in WAYS:
        with world.undone(), closing(way(world, operation, smallest(world, operation))) as requests:
            for request in requests:
                try:
                    world.send(operation, request)
                except ClientError as error:
                    found.add(error.response["Error"]["Code"])
    return found


def _input(operation: str) -> Shape:
    return OPERATIONS[operation].input_shape


def _arns(world: World, operation: str) -> dict[str, str]:
    """The members that hold an ARN of this service, with one that is there."""
    request = fullest(world, operation)[0]
    return {name: request[name] for name, member in _input(operation).members.items() if member.name == "Arn"}


def _begin(world: World, kind: Kind, like: str) -> str:
    """The ARN of a new resource of a kind; of a group, one of the same domain as the group `like`."""
    create = _verb("Create", kind)
    request = smallest(world, create)
    for member in ("name", "jobName"):
        if member in request:
            request[member] = f"{BY_NAME['name']}-begun"
    if kind is Kind.DATASET_GROUP:
        group = world.send("DescribeDatasetGroup", {"datasetGroupArn": like})["datasetGroup"]
        request.update({"domain": group["domain"]} if "domain" in group else {})
    arn: str = world.send(create, request)[f"{_camel(kind)}Arn"]
    return arn


def _verb(verb: str, kind: Kind) -> str:
    return verb + _camel(kind)[0].upper() + _camel(kind)[1:]


def _camel(kind: Kind) -> str:
    first, *rest = kind.value.split("-")
    return first + "".join(word.capitalize() for word in rest)
