"""Fixtures of every room."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from local.process import StackProcess

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is first imported; see local/__init__.py

# Tests start hundreds of Python processes; where a shell forbids to keep bytecode, each would compile all it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# `--hypothesis-profile=long`: a hundred times as many examples where a test does not say how many.
settings.register_profile("long", max_examples=10_000, deadline=None)
settings.register_profile("untimed", deadline=None)  # no test is timed
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what a fixture makes for their module or folder run in one worker, where it is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and (shared := _shared_place(item)):
            item.add_marker(pytest.mark.xdist_group(shared))


def _shared_place(item: pytest.Item) -> str:
    """The file or folder for which a fixture of the test is made; empty where there is none."""
    used = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    scopes = {definitions[-1].scope for definitions in used}
    file = item.path.relative_to(item.config.rootpath)
    if "package" in scopes:
        return str(file.parent)
    return str(file) if "module" in scopes else ""


ASSEMBLY = Path(__file__).parent.parent / "build" / "cdk.out"


@pytest.fixture(scope="session")
def world() -> Iterator[StackProcess]:
    """The whole stack, one for each worker, in a process of its own: `world.client(SERVICE)`, `world.endpoint`.

    moto's state is one for a process, so the tests here may use moto beside it. What one test makes the next one
    sees: give resources names of their own.
    """
    from local.process import StackProcess

    if not (ASSEMBLY / "manifest.json").is_file():
        pytest.fail(f"{ASSEMBLY} is missing: run `make test`, or `make build/template.json` once")
    quick = {
        "RECO_TRANSITION_SECONDS": "0.02",
        "RECO_POINTER_CACHE_SECONDS": "0",
        # Tests leave their groups behind.
        "RECO_QUOTAS": "dataset_groups:none",
    }
    with StackProcess(overrides=quick) as stack:
        yield stack


@pytest.fixture(scope="session")
def clients(world: StackProcess) -> Callable[[str], Any]:
    """A boto3 client of the stack, by service name."""
    return world.client
