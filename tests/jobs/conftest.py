"""The bench: one moto for a module, its resources as at first for each test, since making clients takes long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws import quick_moto
from tests.jobs.bench import Bench


@pytest.fixture(scope="module")
def shared_bench() -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with quick_moto():
            yield Bench()


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    return shared_bench.reset()
