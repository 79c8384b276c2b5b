"""Vectors and codes from content against slow references, and what they do for items nobody has touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reco.models import cold_items
from reco.models.cold_items import DOUBT, content_codes, fit_cold_items
from reco.models.content import ItemContent, content_scores
from reco.models.interactions import offsets_of


def random_content(generator: np.random.Generator, items: int, width: int, density: float = 0.3) -> ItemContent:
    table = generator.random((items, width)) * (generator.random((items, width)) < density)
    return content_of(table)


def content_of(table: np.ndarray) -> ItemContent:
    rows, columns = np.nonzero(table)
    lengths = np.bincount(rows, minlength=len(table))
    return ItemContent(
        offsets_of(lengths), columns.astype(np.int32), table[rows, columns].astype(np.float32), table.shape[1]
    )


def dense(content: ItemContent) -> np.ndarray:
    table = np.zeros((len(content), content.width))
    table[content.rows(), content.columns] = content.values
    return table


def slow_factors(content: ItemContent, factors: np.ndarray, counts: np.ndarray, ridge: float) -> np.ndarray:
    """The formulas of the module, literally."""
    table, weights = dense(content), np.diag(np.sqrt(counts))
    w = np.linalg.inv(table.T @ weights @ table + ridge * np.eye(content.width)) @ table.T @ weights @ factors
    rows = []
    for item, count in enumerate(counts):
        own = factors[item] if count else np.zeros(factors.shape[1])
        told = table[item].any()
        rows.append((count * own + DOUBT * table[item] @ w) / (count + DOUBT) if told else own)
    return np.array(rows)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 40), st.integers(1, 12), st.sampled_from([0.3, 30.0]))
def test_vectors_equal_the_direct_solution(seed: int, items: int, width: int, ridge: float) -> None:
    generator = np.random.default_rng(seed)
    content = random_content(generator, items, width)
    factors = generator.standard_normal((items, 3)).astype(np.float32)
    counts = generator.integers(0, 20, items)
    found = fit_cold_items(content, factors, counts, ridge=ridge).factors
    np.testing.assert_allclose(found, slow_factors(content, factors, counts, ridge), atol=2e-3)


def test_what_stands_in_untouched_rows_is_not_looked_at() -> None:
    generator = np.random.default_rng(0)
    content, factors = random_content(generator, 30, 8), generator.standard_normal((30, 4)).astype(np.float32)
    counts = np.arange(30) % 3
    noise = np.where(counts[:, None] == 0, np.float32(1e6), factors)
    np.testing.assert_array_equal(
        fit_cold_items(content, factors, counts).factors, fit_cold_items(content, noise, counts).factors
    )


def test_an_item_moves_from_its_metadata_to_its_users() -> None:
    content = content_of(np.ones((4, 1)))
    factors = np.array([[1.0], [1.0], [-1.0], [0.0]], np.float32)
    few = fit_cold_items(content, factors, np.array([1000, 1000, 1, 0])).factors[:, 0]
    many = fit_cold_items(content, factors, np.array([1000, 1000, 400, 0])).factors[:, 0]
    assert few[3] > 0.5
    assert few[2] > 0 > many[2]


def test_only_the_most_touched_items_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_items, "LEARNED_FROM", 3)
    content = content_of(np.ones((6, 1)))
    factors = np.array([[1.0], [1.0], [9.0], [9.0], [9.0], [0.0]], np.float32)
    found = fit_cold_items(content, factors, np.array([900, 900, 1, 1, 1, 0])).factors
    assert 0.5 < found[5, 0] < 1


@pytest.mark.parametrize(("items", "width"), [(60, 12), (12, 60)])
def test_codes_of_full_length_keep_the_cosines_of_what_is_not_common_to_all(items: int, width: int) -> None:
    content = random_content(np.random.default_rng(1), items, width)
    codes = content_codes(content, length=width)
    unit = dense(content.normalised())
    unit[unit.any(axis=1)] -= unit[unit.any(axis=1)].mean(axis=0)
    sizes = np.maximum(np.linalg.norm(unit, axis=1), 1e-12)
    expected = (unit @ unit.T) / np.outer(sizes, sizes)
    np.testing.assert_allclose(codes @ codes.T, expected, atol=1e-4)


def test_short_codes_tell_groups_of_items_apart() -> None:
    generator = np.random.default_rng(2)
    group = np.arange(200) % 5
    table = generator.random((200, 50)) * (generator.random((200, 50)) < 0.1)
    table[np.arange(200), group] += 3
    codes = content_codes(content_of(table), length=8)
    assert codes.shape == (200, 8)
    likeness = codes @ codes.T
    same = group[:, None] == group
    assert likeness[same].mean() > 0.8 > 0.1 > likeness[~same].mean()


def test_scores_are_cosines_to_the_history() -> None:
    codes = np.array([[1, 0], [0, 1], [0.6, 0.8], [0, 0]], np.float32)
    scores = content_scores(codes, np.array([0, 1]), np.array([1.0, 1.0]))
    np.testing.assert_allclose(scores, [0.5**0.5, 0.5**0.5, 1.4 * 0.5**0.5, 0], atol=1e-6)
    assert not content_scores(codes, np.array([3]), np.array([1.0])).any()
    assert not content_scores(codes, np.empty(0, int), np.empty(0)).any()


@pytest.mark.parametrize("table", [np.zeros((3, 2)), np.zeros((3, 0)), np.ones((3, 2)), np.zeros((1, 1))])
def test_content_that_tells_nothing_gives_finite_vectors_and_codes(table: np.ndarray) -> None:
    content = content_of(table)
    for counts in (np.zeros(len(table), int), np.arange(len(table))):
        found = fit_cold_items(content, np.ones((len(table), 2), np.float32), counts)
        assert np.isfinite(found.factors).all()
        assert np.isfinite(found.codes).all()
        assert len(found.codes) == len(table)


def test_the_same_content_gives_the_same_bits() -> None:
    content = random_content(np.random.default_rng(3), 50, 200)
    factors = np.random.default_rng(4).standard_normal((50, 8)).astype(np.float32)
    one, two = (fit_cold_items(content, factors, np.arange(50)) for _ in range(2))
    assert one.factors.tobytes() == two.factors.tobytes()
    assert one.codes.tobytes() == two.codes.tobytes()
