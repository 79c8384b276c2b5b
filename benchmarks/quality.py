"""`python -m benchmarks quality`: how well what is trained ranks, on public data, beside what others reach.

Everything is measured with the recipe's default hyperparameters, one setting for all sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from benchmarks.cold_items import item_cold
from benchmarks.datasets import Absent
from benchmarks.quality_held_out import ml_100k, ml_latest_leave_one_out, ml_latest_likes
from benchmarks.quality_repeats import ml_latest_twice, tafeng_last_basket
from benchmarks.quality_rows import Options, Row, Skipped
from benchmarks.quality_sessions import beauty_sequences, diginetica, yoochoose
from benchmarks.quality_unordered import amazon_beauty, citeulike, gowalla

CASES: Mapping[str, Callable[[Options], list[Row]]] = {
    "ml-100k": ml_100k,
    "ml-latest-likes": ml_latest_likes,
    "ml-latest-leave-one-out": ml_latest_leave_one_out,
    "ml-latest-twice": ml_latest_twice,
    "item-cold": item_cold,
    "gowalla": gowalla,
    "citeulike": citeulike,
    "amazon-beauty": amazon_beauty,
    "beauty-sequences": beauty_sequences,
    "yoochoose": yoochoose,
    "diginetica": diginetica,
    "tafeng": tafeng_last_basket,
}


def measure(options: Options, only: tuple[str, ...] = ()) -> Iterator[Row | Skipped]:
    """The rows of the chosen cases, as they are measured.

    Raises:
        ValueError: no case is called so.
    """
    for name in chosen(only):
        try:
            yield from CASES[name](options)
        except Absent as absent:
            yield Skipped(name, str(absent))


def chosen(only: tuple[str, ...]) -> list[str]:
    """The cases whose name holds one of `only`; all when there is none.

    Raises:
        ValueError: no case is called so.
    """
    names = [name for name in CASES if not only or any(each in name for each in only)]
    if not names:
        raise ValueError(f"no case holds {', '.join(only)} in its name; there are {', '.join(CASES)}")
    return names
