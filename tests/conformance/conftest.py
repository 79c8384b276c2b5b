"""One world for all tests here, since it takes long to make; whatever a test does in it is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.world import World, build
from tests.control.conftest import clouded


@pytest.fixture(scope="package")
def shared_world() -> Iterator[World]:
    with clouded() as cloud:
        yield build(cloud.bench())


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    with shared_world.undone():
        yield shared_world
