"""Kill -9 in the middle of what the image's own code writes: a sample of what `python -m benchmarks crashes` does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws import quick_moto
from tests.jobs.containers import CONTAINERS, RealBench
from tests.jobs.crashing import Crashes


@pytest.fixture(scope="module")
def crashes() -> Iterator[Crashes]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with quick_moto():
            yield Crashes(RealBench(), CONTAINERS)


@pytest.mark.parametrize(
    ("kind", "folder", "way", "outcome"),
    [
        ("import's container", "groups/", "retried", "done"),
        ("training's container", "frozen/", "retried", "done"),
        ("training's container", "models/", "started again", "done"),
        ("training's container", "models/", "failed", "failed with a reason"),
        ("search's containers", "frozen/", "retried", "done"),
    ],
)
def test_a_container_that_dies_half_way_through_a_folder_leaves_nothing_that_misleads_the_next(
    crashes: Crashes, kind: str, folder: str, way: str, outcome: str
) -> None:
    """The next is of the same attempt or of another one, or there is none.

    A recommender's container is a training's, and the check of a deployment writes nothing: the command has them.
    """
    calls = crashes.calls(kind)
    points = [point for point in crashes.different_points(kind) if folder in calls[point.call - 1].url]
    assert len(points) > 5
    assert crashes.crash(points[len(points) // 2], way) == outcome
