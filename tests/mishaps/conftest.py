"""One world for all tests here, since it takes long to make; whatever is asked in it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.conformance.world import build
from tests.control.conftest import clouded
from tests.mishaps.trials import Trials


@pytest.fixture(scope="package")
def trials() -> Iterator[Trials]:
    """botocore does not wait between its own attempts."""
    with clouded() as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
        yield Trials(build(cloud.bench()))
