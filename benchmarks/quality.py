"""`python -m benchmarks quality`: how well what is trained ranks, on public data, beside what others reach.

Everything is measured with the recipe's default hyperparameters, one setting for all sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from benchmarks.datasets import Absent
from benchmarks.quality_held_out import ml_100k, ml_latest_leave_one_out, ml_latest_likes
from benchmarks.quality_rows import Options, Row, Skipped

CASES: Mapping[str, Callable[[Options], list[Row]]] = {
    "ml-100k": ml_100k,
    "ml-latest-likes": ml_latest_likes,
    "ml-latest-leave-one-out": ml_latest_leave_one_out,
}


def measure(options: Options, only: tuple[str, ...] = ()) -> Iterator[Row | Skipped]:
    """The rows whose case's name holds one of `only`; all when there is none.

    Raises:
        ValueError: no case is called so.
    """
    chosen = [name for name in CASES if not only or any(each in name for each in only)]
    if not chosen:
        raise ValueError(f"no case holds {', '.join(only)} in its name; there are {', '.join(CASES)}")
    for name in chosen:
        try:
            yield from CASES[name](options)
        except Absent as absent:
            yield Skipped(name, str(absent))
