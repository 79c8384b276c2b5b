"""The benchmark of speed: its rows by name, each beside a peer where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import artefact_size, speed_als, speed_answer, speed_size, speed_training
from benchmarks.speed_rows import Row, Skipped

Rows = Callable[[Path | None, int], Iterator[Row | Skipped]]


def neighbours(data: Path | None, runs: int) -> Iterator[Row | Skipped]:
    """Top-20 item neighbours against the peer's cosine."""
    try:
        from benchmarks import speed_neighbours
    except ImportError as error:
        yield Skipped("top-20 item neighbours", "", str(error))
        return
    yield from speed_neighbours.rows(data, runs)


ROWS: dict[str, Rows] = {
    "als-epochs": speed_als.same_epochs,
    "als-objective": speed_als.time_to_objective,
    "neighbours": neighbours,
    "answer": speed_answer.answer,
    "training": speed_training.training,
    "als-25m": speed_size.largest,
    "als-growth": speed_size.growth,
    "artefact-size": artefact_size.artefact_size,
    "first-answer": artefact_size.first_answer,
}
"""By the name that --only takes."""


def measure(data: Path | None, only: tuple[str, ...], runs: int) -> Iterator[Row | Skipped]:
    """The rows asked for, all when none is named, as they are done.

    Args:
        data: the folder of data sets; rows that need an absent one are skipped.
        runs: alternated turns.
    Raises:
        ValueError: no row has such a name.
    """
    unknown = [name for name in only if name not in ROWS]
    if unknown:
        raise ValueError(f"no row is called {unknown[0]}; there are {', '.join(ROWS)}")
    for name in only or tuple(ROWS):
        yield from ROWS[name](data, runs)
