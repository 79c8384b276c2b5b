"""Whatever is made, whoever polls it comes to an end: every status on the way is one that clients know.

The notebooks of AWS end only at ACTIVE and CREATE FAILED; AWS's solution stops at any word that it does not know; both
wait for ResourceNotFoundException after a delete. Generated from the service model. Source: control-plane reference,
B.1, L.1 and L.2.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from reco.arns import Kind
from reco.control.lifecycle import MACHINES
from tests.conformance.requests import CONTROL, smallest
from tests.conformance.world import World
from tests.control.conftest import TRANSITION_S

STATUSES = ["CREATE PENDING", "CREATE IN_PROGRESS"]
ENDS = ("ACTIVE", "CREATE FAILED")
ON_THE_WAY_OUT = ["DELETE PENDING", "DELETE IN_PROGRESS"]
IN_ITS_OWN_WORDS = {Kind.DATA_DELETION_JOB: (["PENDING", "IN_PROGRESS"], ("COMPLETED", "FAILED"))}
ONE_WORD_ONLY = (Kind.DATASET_GROUP,)
"""Kinds whose delete the service documents without a second status."""
LONGEST = 10
KINDS = [kind for kind in Kind if kind is not Kind.SCHEMA]
"""All but the one that has no status."""
DELETABLE = [kind for kind in KINDS if f"Delete{''.join(map(str.capitalize, kind.value.split('-')))}" in CONTROL]


class Watched:
    """One new resource, and what a describe says of it."""

    def __init__(self, world: World, kind: Kind) -> None:
        self.world = world
        self.word = "".join(part.capitalize() for part in kind.value.split("-"))
        self.member = f"{self.word[0].lower()}{self.word[1:]}Arn"
        self.arn = world.send(f"Create{self.word}", smallest(world, f"Create{self.word}"))[self.member]

    def shown(self) -> dict[str, Any]:
        answer = self.world.send(f"Describe{self.word}", {self.member: self.arn})
        return dict(next(value for name, value in answer.items() if name != "ResponseMetadata"))

    def statuses(self, ends: tuple[str, ...]) -> list[str]:
        """Those that are seen, one after the other, until one of `ends`, or until it is gone."""
        seen: list[str] = []
        for _ in range(LONGEST):
            try:
                shown = self.shown()
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ResourceNotFoundException"
                return seen
            if shown["status"] not in seen:
                seen.append(shown["status"])
            if seen[-1] in ends:
                return seen
            self.world.bench.pass_time(TRANSITION_S)
        raise AssertionError(f"still {seen[-1]} after all the time")


@pytest.mark.parametrize("kind", KINDS)
def test_who_polls_what_is_made_sees_known_statuses_and_an_end(world: World, kind: Kind) -> None:
    watched = Watched(world, kind)
    assert watched.shown()["creationDateTime"] == watched.shown()["lastUpdatedDateTime"]
    on_the_way, ends = IN_ITS_OWN_WORDS.get(kind, (STATUSES, ENDS))
    if kind in MACHINES:
        assert watched.shown()["status"] == on_the_way[0]
        world.bench.pass_time(TRANSITION_S)
        world.bench.end_job(watched.arn)
        assert watched.statuses(ends) == ["ACTIVE"]
    else:
        seen = watched.statuses(ends)
        assert seen[:-1] == on_the_way
    shown = watched.shown()
    assert shown["lastUpdatedDateTime"] > shown["creationDateTime"]
    assert ("failureReason" in shown) == shown["status"].endswith("FAILED")


@pytest.mark.parametrize("kind", DELETABLE)
def test_who_polls_what_is_deleted_sees_deletes_until_it_is_gone(world: World, kind: Kind) -> None:
    watched = Watched(world, kind)
    world.bench.settle()
    if kind in MACHINES:
        world.bench.end_job(watched.arn)
    world.send(f"Delete{watched.word}", {watched.member: watched.arn})
    assert watched.statuses(()) == (ON_THE_WAY_OUT[:1] if kind in ONE_WORD_ONLY else ON_THE_WAY_OUT)
    again = Watched(world, kind)
    assert (again.arn == watched.arn) == (kind is not Kind.EVENT_TRACKER), "its name is free again"
