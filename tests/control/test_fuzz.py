"""Changed requests against the control plane: ten thousand here, a million by `python -m benchmarks fuzz`."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.fuzz import Figures, broken, run
from benchmarks.fuzz_requests import NAMES, Request, request_at
from benchmarks.fuzz_world import CHAPTER, World, worlds

SEED = 1
Both = tuple[World, World]
"""In memory, and in moto."""
DRAWN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with worlds() as made:
        yield made


@pytest.fixture
def world(both: Both) -> World:
    return both[0]


def test_no_changed_request_brings_a_fault_or_an_error_outside_the_model(world: World) -> None:
    figures = run(world, SEED, 10_000)

    assert figures.findings == [], f"seed {SEED}"
    assert figures.requests == sum(figures.statuses.values()) == 10_000
    assert set(figures.reached) == set(NAMES), "every operation is carried out at times, not only refused"


def test_the_table_in_memory_answers_as_the_real_one(
    both: tuple[World, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for world in both:
        draw = random.Random(7)
        monkeypatch.setattr("secrets.token_hex", lambda size, draw=draw: draw.randbytes(size).hex())
        world.begin_chapter()
        answers.append([_comparable(world.answer(request_at(SEED, number, world.living))) for number in range(400)])

    assert answers[0] == answers[1]


def _comparable(response: dict[str, Any]) -> tuple[int, str]:
    return response["statusCode"], DRAWN_ID.sub("ID", response["body"])


def test_a_run_is_taken_up_in_the_middle_of_a_chapter(world: World) -> None:
    whole = run(world, SEED, CHAPTER + 40)
    first, second = run(world, SEED, 70), run(world, SEED, CHAPTER - 30, start=70)

    assert first.requests + second.requests == whole.requests
    assert _reached(first, second) == _reached(whole)
    assert first.statuses + second.statuses == whole.statuses
    assert first.errors + second.errors == whole.errors


def _reached(*figures: Figures) -> dict[str, int]:
    return {name: sum(each.reached.get(name, 0) for each in figures) for name in NAMES}


def test_another_seed_makes_other_requests_and_the_same_one_the_same(world: World) -> None:
    events = [request_at(seed, 5, world.living).event for seed in (1, 1, 2)]

    assert events[0] == events[1] != events[2]


def test_what_must_not_be_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(body: dict[str, Any], status: int) -> dict[str, Any]:
        return {"statusCode": status, "body": json.dumps(body)}

    request = next(each for each in _requests(world) if each.operation == "DescribeFilter")
    fault = answered({"__type": "InternalFailure", "message": ""}, 500)
    foreign = answered({"__type": "LimitExceededException", "message": ""}, 400)
    own = answered({"__type": "ResourceNotFoundException", "message": ""}, 400)
    assert [len(list(broken(request, each, 0.0))) for each in (fault, foreign, own, answered({}, 400))] == [1, 1, 0, 1]
    assert list(broken(request, own, 5.1)) == ["took 5.1 s"]

    def fails(request: Request) -> dict[str, Any]:
        raise RuntimeError("of the test")

    monkeypatch.setattr(world, "answer", fails)
    figures = run(world, SEED, 1)
    (finding,) = figures.findings
    assert "of the test" in finding.why and finding.number == 0
    assert json.loads(json.dumps(figures.as_json()))["findings"][0]["seed"] == finding.seed


def test_an_interrupt_ends_a_run_with_the_figures_so_far(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = world.answer

    def interrupted(request: Request) -> dict[str, Any]:
        if request.number == 30:
            raise KeyboardInterrupt
        return answer(request)

    monkeypatch.setattr(world, "answer", interrupted)
    assert run(world, SEED, 1000).requests == 30


def _requests(world: World) -> Iterator[Request]:
    return (request_at(SEED, number, world.living) for number in range(10_000))
