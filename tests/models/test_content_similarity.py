"""Nearest by content, against all cosines."""

from __future__ import annotations

import numpy as np
import pytest

from reco.models import content_similarity
from reco.models.content_similarity import nearest_by_content
from reco.models.item_rows import ItemRows


def unit_rows(seed: int, count: int, length: int) -> np.ndarray:
    table = np.random.default_rng(seed).standard_normal((count, length))
    return (table / np.linalg.norm(table, axis=1, keepdims=True)).astype(np.float32)


def everything(count: int) -> np.ndarray:
    return np.ones(count, bool)


def indifferent(count: int) -> np.ndarray:
    return np.zeros(count, np.float32)


def slowly(codes: np.ndarray, priority: np.ndarray, count: int) -> np.ndarray:
    values = (codes @ codes.T) * (1 + priority / 10)
    np.fill_diagonal(values, 0)
    floor = np.sort(values, axis=1)[:, -count][:, None]
    return np.where((values >= floor) & (values > 0), values, 0)


@pytest.mark.parametrize("block", [2_000_000, 100])
def test_neighbours_equal_those_of_all_cosines(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(content_similarity, "_BLOCK", block)
    codes = unit_rows(0, 60, 5)
    priority = np.random.default_rng(1).random(60).astype(np.float32)
    found = nearest_by_content(codes, everything(60), priority, count=7, threads=2)
    np.testing.assert_allclose(found.dense(), slowly(codes, priority, 7), atol=1e-6)


def test_of_equally_like_items_the_popular_ones_come_first() -> None:
    codes = np.tile(np.array([[1, 0]], np.float32), (6, 1))
    found = nearest_by_content(codes, everything(6), np.array([0, 0.1, 0.9, 0.2, 1, 0], np.float32), count=2)
    assert np.flatnonzero(found.dense()[0]).tolist() == [2, 4]


def test_items_without_content_are_nobodys_neighbours_and_have_none() -> None:
    codes = unit_rows(2, 10, 3)
    codes[4] = 0
    table = nearest_by_content(codes, everything(10), indifferent(10), count=9).dense()
    assert not table[4].any()
    assert not table[:, 4].any()


def test_only_wanted_rows_are_filled() -> None:
    wanted = np.arange(10) < 3
    found = nearest_by_content(unit_rows(3, 10, 3), wanted, indifferent(10), count=4)
    assert (np.diff(found.offsets) > 0).tolist() == wanted.tolist()


def test_a_large_catalogue_finds_nearly_all_in_a_few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    centres = unit_rows(4, 30, 16)
    noise = np.random.default_rng(5).standard_normal((3_000, 16)) * 0.1
    codes = np.repeat(centres, 100, axis=0) + noise
    codes = (codes / np.linalg.norm(codes, axis=1, keepdims=True)).astype(np.float32)
    exact = nearest_by_content(codes, everything(3_000), indifferent(3_000), count=10)
    monkeypatch.setattr(content_similarity, "WHOLE", 1_000)
    monkeypatch.setattr(content_similarity, "CELL_SIZE", 100)
    one, two = (nearest_by_content(codes, everything(3_000), indifferent(3_000), count=10, threads=t) for t in (1, 2))
    assert one.values.tobytes() == two.values.tobytes()
    assert _shared(exact, one) > 0.95


def test_half_a_catalogue_of_equal_items_costs_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WHOLE", 100), ("CELL_SIZE", 50), ("MOST_COMPARED", 60), ("_BLOCK", 6_000)):
        monkeypatch.setattr(content_similarity, name, value)
    codes = np.concatenate([np.tile(unit_rows(6, 1, 4), (500, 1)), unit_rows(7, 500, 4)])
    compared: list[int] = []
    argpartition = np.argpartition

    def watched(table: np.ndarray, *rest: int, **more: int) -> np.ndarray:
        compared.append(table.size)
        return argpartition(table, *rest, **more)

    monkeypatch.setattr(np, "argpartition", watched)
    found = nearest_by_content(codes, everything(1_000), indifferent(1_000), count=5)
    assert max(compared) <= 6_000
    assert (np.diff(found.offsets)[:500] == 5).all()


def _shared(one: ItemRows, other: ItemRows) -> float:
    first, second = one.dense() > 0, other.dense() > 0
    return float((first & second).sum() / first.sum())
