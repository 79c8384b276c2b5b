"""What we are measured against is what its paper says: each reference beside a slow one on small sessions."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import (
    Absent,
    amazon_beauty_sequences,
    diginetica_sessions,
    movielens_latest_small,
    tafeng,
    twice_told_ratings,
    unordered_parts,
    yoochoose_100k,
)
from benchmarks.implicit_als import both
from benchmarks.quality_sessions import every_next
from benchmarks.reference_models import ItemNeighbours, SessionNeighbours, Slist, SlistConstants, best
from reco.models.interactions import Interactions, offsets_of
from tests.models.builders import interactions_of


def sessions(seed: int = 0, count: int = 40, items: int = 9) -> Interactions:
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 8, count)
    times = np.concatenate([place * 90_000 + np.arange(length) for place, length in enumerate(lengths)])
    found = generator.integers(0, items, lengths.sum()).astype(np.int32)
    return Interactions(offsets_of(lengths), found, times.astype(np.int64), items)


def test_slist_solves_its_two_regressions() -> None:
    training, constants = sessions(), SlistConstants(0.3, 5.0, 1.5, 2.0, 10.0)
    weights, rows = [], {"whole": [], "past": [], "later": []}
    ends = [training.history(user)[1][-1] for user in range(training.user_count)]
    prefix_weights = []
    for user in range(training.user_count):
        items, times = training.history(user)
        weight = np.exp(-(max(ends) - times[-1]) / 86_400 / constants.days)
        weights.append(weight)
        whole = np.zeros(9)
        whole[items] = 1
        rows["whole"].append(whole)
        for cut in range(1, len(items)):
            past, later = np.zeros(9), np.zeros(9)
            for lag, item in reversed(list(enumerate(items[:cut][::-1].tolist()))):
                past[item] = np.exp(-lag / constants.training_decay)
            for lag, item in reversed(list(enumerate(items[cut:].tolist()))):
                later[item] = np.exp(-lag / constants.training_decay)
            rows["past"].append(past)
            rows["later"].append(later)
            prefix_weights.append(weight)
    x, s, t = (np.array(rows[name]) for name in ("whole", "past", "later"))
    w, v = np.diag(weights), np.diag(prefix_weights)
    a = constants.alpha
    gram = a * x.T @ w @ x + (1 - a) * s.T @ v @ s + constants.ridge * np.eye(9)
    b = np.linalg.solve(gram, a * x.T @ w @ x + (1 - a) * s.T @ v @ t)
    asked = [np.array([2, 5, 1], np.int32), np.array([3, 3], np.int32)]
    query = np.zeros((2, 9))
    query[0, [2, 5, 1]] = np.exp(-np.array([2, 1, 0]) / constants.answer_decay)
    query[1, 3] = 1
    before = training.items.copy()
    assert Slist(training, constants).scores(asked) == pytest.approx(query @ b, rel=1e-3, abs=1e-5)
    assert training.items.tolist() == before.tolist()


def test_session_neighbours_vote_by_their_cosine() -> None:
    training = sessions(1)
    session = np.array([1, 4, 1], np.int32)
    expected = np.zeros(9)
    for user in range(training.user_count):
        other = set(training.history(user)[0].tolist())
        shared = len(other & {1, 4})
        for item in other:
            expected[item] += shared / np.sqrt(len(other) * 2)
    assert SessionNeighbours(training).scores([session])[0] == pytest.approx(expected)


def test_item_neighbours_are_damped_cosines_of_the_last_item() -> None:
    training = sessions(2)
    held = [set(training.history(user)[0].tolist()) for user in range(training.user_count)]
    support = Counter(item for each in held for item in each)
    expected = [
        sum(5 in each and item in each for each in held) / np.sqrt((support[5] + 20) * (support[item] + 20))
        for item in range(9)
    ]
    asked = [np.array([0, 5], np.int32)]
    assert ItemNeighbours(training, itself=True).scores(asked)[0] == pytest.approx(expected)
    expected[5] = 0
    assert ItemNeighbours(training).scores(asked)[0] == pytest.approx(expected)


def test_best_is_by_score_then_by_row() -> None:
    class Flat:
        def scores(self, asked: object) -> np.ndarray:
            return np.array([[0.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0]])

    assert best(Flat(), [np.array([0])], 3)[0].tolist() == [1, 3, 2]


def test_every_beginning_of_a_session_is_asked() -> None:
    found = every_next(interactions_of([[1, 2, 3], [4]], 9))
    assert [(each.history_items.tolist(), each.truth.tolist()) for each in found] == [([1], [2]), ([1, 2], [3])]


def test_two_parts_become_one_in_order() -> None:
    joined = both(interactions_of([[1, 2], [3]], 9), interactions_of([[4], [5, 6]], 9))
    assert joined.items.tolist() == [1, 2, 4, 3, 5, 6]
    assert joined.lengths.tolist() == [3, 3]


def written(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())


def test_loaders_keep_the_files_order_among_equal_times(tmp_path: Path) -> None:
    ratings = "userId,movieId,rating,timestamp\n7,30,4.0,5\n7,20,1.0,5\n3,20,3.5,9\n"
    written(tmp_path, "movielens-latest-small/ratings.csv", ratings)
    data = movielens_latest_small(tmp_path).data_set()
    assert list(data.users) == ["3", "7"]
    assert list(data.items) == ["20", "30"]
    assert data.interactions.items.tolist() == [0, 1, 0]
    # Clicks of ratings above 1 first, then every rating, both in the file's order.
    assert twice_told_ratings(movielens_latest_small(tmp_path)).interactions.items.tolist() == [0, 0, 1, 1, 0]


def test_sequences_have_their_place_as_time_and_sets_without_order_one_time(tmp_path: Path) -> None:
    written(tmp_path, "amazon-beauty-sequences/sequences.txt.gz", "1 10 20 30\n2 20 10\n")
    sequences = amazon_beauty_sequences(tmp_path).interactions
    assert sequences.items.tolist() == [0, 1, 2, 1, 0]
    assert np.diff(sequences.times[:3]).tolist() == [1, 1]
    for part, text in (("train", "0 2 1\n1 0\n"), ("valid", "0 0\n"), ("test", "1 3\n")):
        written(tmp_path, f"gowalla/{part}.txt.gz", text)
        written(tmp_path, f"citeulike/{part}.txt.gz", "0 2 1\n0 1 1\n" if part == "train" else "1 3 1\n")
    parts = unordered_parts(tmp_path, "gowalla")
    assert [each.lengths.tolist() for each in (parts.train, parts.valid, parts.test)] == [[2, 1], [1, 0], [0, 1]]
    assert set(parts.train.times.tolist()) == set(parts.test.times.tolist())
    assert unordered_parts(tmp_path, "citeulike").train.items.tolist() == [2, 1]


def test_baskets_and_sessions_are_read(tmp_path: Path) -> None:
    written(tmp_path, "tafeng/baskets.json.gz", json.dumps({"1": [[4, 2], [4]], "2": [[9]]}))
    baskets = tafeng(tmp_path).interactions
    assert baskets.items.tolist() == [1, 0, 1, 2]
    assert np.diff(baskets.times[:3]).tolist() == [0, 86_400]
    header = "SessionId\tItemId\tTime\n"
    written(tmp_path, "yoochoose-100k/train_full.tsv.gz", f"{header}1\t5\t10.9\n1\t6\t10.1\n2\t5\t20\n")
    written(tmp_path, "yoochoose-100k/test.tsv.gz", f"{header}1\t6\t90\n1\t5\t91\n")
    clicks, last_day = yoochoose_100k(tmp_path)
    assert clicks.interactions.items.tolist() == [1, 0, 0, 1, 0]
    assert last_day.tolist() == [False, False, True]
    written(tmp_path, "diginetica-sessions/train.txt.gz", "10 20\n30 20\n")
    written(tmp_path, "diginetica-sessions/test.txt.gz", "30 | 10 20\n20 | 10\n")
    views = diginetica_sessions(tmp_path)
    assert views.nexts.tolist() == [2, 1]
    assert [each.tolist() for each in views.beginnings] == [[0, 1], [0]]
    assert np.diff(views.learned.interactions.times).tolist() == [1, 1, 1]


def test_an_absent_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(Absent, match=r"tafeng/baskets\.json\.gz is not in the folder of data"):
        tafeng(tmp_path)
