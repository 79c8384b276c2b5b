"""The small stack of `tests.local.assembly`, in this process, once for all tests that do not stop it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.world import World
from tests.local.assembly import write_assembly

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session", autouse=True)
def importable_tests() -> Iterator[None]:
    """Lets container jobs, which start in a folder of their own, import `tests`."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    yield
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(scope="session")
def small_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="module")
def small_world(small_assembly: Path) -> Iterator[World]:
    with World(assembly=small_assembly, overrides={"RECO_CHANGED": "local"}, job_module="tests.local.job") as world:
        yield world
