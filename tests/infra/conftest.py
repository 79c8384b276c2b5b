"""The assembly that the build rule makes; made again here when its sources are newer."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.assets import AssetsNotBuilt, build
from infra.code import BUILT
from tests.infra.templates import Assembly

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Holds the other test processes back: a synthesis or a build of assets is done once for all."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def assembly() -> Assembly:
    with one_at_a_time("template"):
        subprocess.run(["make", "--silent", "build/template.json"], cwd=ROOT, check=True, capture_output=True)
    return Assembly(ROOT / "build" / "cdk.out")


@pytest.fixture(scope="session")
def real_assets() -> Path:
    """The folders that go to AWS, built now: seconds, once the libraries have been fetched.

    Without a network and without the libraries of an earlier build, the tests that need them are skipped; where
    `CI` is set they fail, so that no pipeline leaves them out unseen.
    """
    with one_at_a_time("assets"):
        try:
            build()
        except AssetsNotBuilt as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"needs the network once: {error}")
    return BUILT
