"""The public data sets as interactions, from the folder named by RECO_BENCHMARK_DATA (one folder a set).

Events of a user that carry the same time stay in the file's own order. A set without times has either the place in
the user's sequence as its time (where the file has an order) or one and the same time for all events (where not).
Ids are padded with zeros, so that rows stand in the order of the file's numbers.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Vocabulary
from reco.models.interactions import Interactions, offsets_of

SOME_TIME = 1_500_000_000
"""When everything happened in a set that does not say."""
DAY = 86_400


class Absent(Exception):
    """The folder lacks a data set; the message names the file."""


@dataclass(frozen=True)
class DataSet:
    """Users, items, and who touched what."""

    users: Vocabulary
    items: Vocabulary
    interactions: Interactions


@dataclass(frozen=True)
class Parts:
    """A set that was published cut in three. Users and items have the same rows in all parts; no order, no times."""

    users: Vocabulary
    items: Vocabulary
    train: Interactions
    valid: Interactions
    test: Interactions


@dataclass(frozen=True)
class Ratings:
    """Rows of a file of ratings, in its order."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: NDArray[np.float64]
    times: NDArray[np.int64]

    def above(self, least: float) -> Ratings:
        """Only rows of more than `least`."""
        keep = self.ratings > least
        return Ratings(self.users[keep], self.items[keep], self.ratings[keep], self.times[keep])

    def data_set(self) -> DataSet:
        return gather(self.users, self.items, self.times)


def gather(users: NDArray[Any], items: NDArray[Any], times: NDArray[Any]) -> DataSet:
    """Events in any order, by numbers of users and items, sorted by user and time; ties stay as they were."""
    user_numbers, user_rows = np.unique(users, return_inverse=True)
    item_numbers, item_rows = np.unique(items, return_inverse=True)
    return DataSet(named(user_numbers), named(item_numbers), ordered(user_rows, item_rows, times, len(item_numbers)))


def ordered(
    user_rows: NDArray[Any], item_rows: NDArray[Any], times: NDArray[Any], item_count: int, user_count: int = 0
) -> Interactions:
    """Events by user and time; ties stay as they were."""
    order = np.lexsort((times, user_rows))
    return Interactions(
        offsets_of(np.bincount(user_rows, minlength=user_count)),
        item_rows[order].astype(np.int32),
        np.asarray(times)[order].astype(np.int64),
        item_count,
    )


def named(numbers: NDArray[Any]) -> Vocabulary:
    """Numbers, rising, as ids of the same order."""
    width = len(str(int(numbers[-1]))) if len(numbers) else 1
    return Vocabulary.from_strings(f"{number:0{width}d}" for number in numbers.tolist())


def movielens_100k(folder: Path) -> Ratings:
    rows = np.loadtxt(_lines(folder / "movielens-100k" / "u.data.gz"), np.int64)
    return Ratings(rows[:, 0], rows[:, 1], rows[:, 2].astype(float), rows[:, 3])


def movielens_latest_small(folder: Path) -> Ratings:
    rows = np.loadtxt(_lines(folder / "movielens-latest-small" / "ratings.csv.gz"), delimiter=",", skiprows=1)
    return Ratings(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 3].astype(np.int64))


def movielens_genres(folder: Path) -> dict[int, tuple[str, str]]:
    """Title and genres (parted by |) of each film of movielens-latest-small."""
    found = csv.DictReader(_lines(folder / "movielens-latest-small" / "movies.csv.gz"))
    return {int(row["movieId"]): (row["title"], row["genres"]) for row in found}


def twice_told_ratings(ratings: Ratings) -> DataSet:
    """Each rating as a watch, and as a click before it when it is more than 1: the same pair at the same second.

    This is how a well-known article prepared movielens-latest-small for Personalize.
    """
    clicks = ratings.above(1)
    return gather(
        np.concatenate([clicks.users, ratings.users]),
        np.concatenate([clicks.items, ratings.items]),
        np.concatenate([clicks.times, ratings.times]),
    )


def unordered_parts(folder: Path, name: str) -> Parts:
    """movielens-1m-implicit, gowalla, amazon-beauty or citeulike."""
    pairs = {part: _pairs(folder / name / f"{part}.txt.gz") for part in ("train", "valid", "test")}
    everything = np.concatenate(list(pairs.values()))
    user_count, item_count = (everything.max(axis=0) + 1).tolist()
    found = {
        part: ordered(rows[:, 0], rows[:, 1], np.full(len(rows), SOME_TIME), item_count, user_count)
        for part, rows in pairs.items()
    }
    return Parts(named(np.arange(user_count)), named(np.arange(item_count)), **found)


def amazon_beauty_sequences(folder: Path) -> DataSet:
    """Reviews in order; an event's time is its place."""
    sequences = [
        np.fromstring(line, np.int64, sep=" ") for line in _lines(folder / "amazon-beauty-sequences/sequences.txt.gz")
    ]
    return _of_sequences([each[0] for each in sequences], [each[1:] for each in sequences])


def tafeng(folder: Path) -> DataSet:
    """Supermarket baskets in order: a basket's time is its place in days, the same for all that is in it."""
    baskets: dict[str, list[list[int]]] = json.loads("".join(_lines(folder / "tafeng" / "baskets.json.gz")))
    users, items, times = [], [], []
    for user, history in baskets.items():
        for place, basket in enumerate(history):
            users += [int(user)] * len(basket)
            items += basket
            times += [SOME_TIME + place * DAY] * len(basket)
    return gather(np.array(users), np.array(items), np.array(times))


def yoochoose_100k(folder: Path) -> tuple[DataSet, NDArray[np.bool_]]:
    """Clicks with times, a session a user; and which sessions are those of the last day."""
    parts = [
        np.loadtxt(_lines(folder / "yoochoose-100k" / f"{part}.tsv.gz"), delimiter="\t", skiprows=1)
        for part in ("train_full", "test")
    ]
    sessions = [part[:, 0].astype(np.int64) for part in parts]
    # Sessions have numbers of their own in each file.
    sessions[1] = sessions[1] + sessions[0].max() + 1
    rows = np.concatenate(parts)
    # Whole seconds, but in the order of the file's milliseconds.
    order = np.argsort(rows[:, 2], kind="stable")
    data = gather(np.concatenate(sessions)[order], rows[order, 1].astype(np.int64), rows[order, 2].astype(np.int64))
    tested = np.zeros(len(data.users), bool)
    tested[np.searchsorted(np.unique(np.concatenate(sessions)), np.unique(sessions[1]))] = True
    return data, tested


@dataclass(frozen=True)
class NextItems:
    """Sessions to learn from, and beginnings of other sessions with the item that came next."""

    learned: DataSet
    beginnings: list[NDArray[np.int32]]
    nexts: NDArray[np.int32]


def diginetica_sessions(folder: Path) -> NextItems:
    """Product views; sessions stand in the order of time, so an event's time is its place in the whole file."""
    path = folder / "diginetica-sessions"
    sessions = [np.fromstring(line, np.int64, sep=" ") for line in _lines(path / "train.txt.gz")]
    asked = [line.partition("|") for line in _lines(path / "test.txt.gz")]
    beginnings = [np.fromstring(items, np.int64, sep=" ") for _, _, items in asked]
    nexts = np.array([int(following) for following, _, _ in asked])
    learned = _of_sequences(range(len(sessions)), sessions, running=True)
    rows = np.full(int(max(nexts.max(), max(each.max() for each in beginnings))) + 1, -1, np.int32)
    numbers = np.unique(np.concatenate(sessions))
    rows[numbers[numbers < len(rows)]] = np.flatnonzero(numbers < len(rows))
    return NextItems(learned, [rows[each] for each in beginnings], rows[nexts])


def _of_sequences(users: Iterable[int], sequences: Sequence[NDArray[Any]], *, running: bool = False) -> DataSet:
    lengths = np.array([len(each) for each in sequences])
    places = np.arange(lengths.sum())
    if not running:
        places -= np.repeat(offsets_of(lengths)[:-1], lengths)
    return gather(np.repeat(np.array(list(users)), lengths), np.concatenate(sequences), SOME_TIME + places)


def _pairs(path: Path) -> NDArray[np.int64]:
    """(user, item) rows of a file whose lines are `user item item ...` or `user item 1`, in the file's order."""
    lines = [np.fromstring(line, np.int64, sep=" ") for line in _lines(path)]
    if all(len(line) == 3 and line[2] == 1 for line in lines[:1000]):
        return np.array([line[:2] for line in lines])
    users = np.repeat([line[0] for line in lines], [len(line) - 1 for line in lines])
    return np.stack([users, np.concatenate([line[1:] for line in lines])], axis=1)


def _lines(path: Path) -> list[str]:
    """
    Raises:
        Absent: there is no such file, with or without .gz.
    """
    plain = path.with_suffix("")
    if path.is_file():
        with gzip.open(path, "rt") as file:
            return file.read().splitlines()
    if plain.is_file():
        return plain.read_text().splitlines()
    raise Absent(f"{path.parent.name}/{path.name} is not in the folder of data")
