"""Packed rows and factors against the tables they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reco.artefact import open_artefact, write_artefact
from reco.models import compact
from reco.models.compact import RECORDS, CompactFactors, CompactRows, compact_factors, pack, packed_size, read_factors
from reco.models.item_rows import ItemRows
from reco.models.source import FittedModel


def table(seed: int, items: int = 9, density: float = 0.4) -> ItemRows:
    """A random sparse table with values of very different sizes and some empty rows."""
    generator = np.random.default_rng(seed)
    cells = generator.standard_normal((items, items)) * 10.0 ** generator.integers(-3, 4, (items, 1))
    return ItemRows.of_blocks([cells * (generator.random((items, items)) < density)], items)


def packed(**tables: ItemRows) -> FittedModel:
    arrays, attributes = pack(tables)
    return FittedModel(arrays, {"item_rows": attributes})


@dataclass
class Elsewhere:
    """A model whose records are far; it counts what is read."""

    model: FittedModel
    reads: list[int] = field(default_factory=list)

    @property
    def attributes(self) -> dict[str, Any]:
        return self.model.attributes

    def array(self, name: str) -> NDArray[Any]:
        assert name != RECORDS
        return self.model.array(name)

    @property
    def names(self) -> tuple[str, ...]:
        return self.model.names

    def is_here(self, name: str) -> bool:
        return name != RECORDS

    def spans(self, name: str, spans: Sequence[tuple[int, int]]) -> list[NDArray[Any]]:
        self.reads.append(len(spans))
        return self.model.spans(name, spans)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 8), max_size=6), st.booleans())
def test_packed_tables_combine_as_the_tables_do_within_half_a_thousandth(seed: int, rows: list[int], far: bool) -> None:
    tables = {"first": table(seed), "second": table(seed + 1, density=0.1), "third": table(seed + 2, density=0)}
    model = packed(**tables)
    found = CompactRows(Elsewhere(model) if far else model)
    weights = np.linspace(0.2, 1, len(rows)).astype(np.float32)
    for name, whole in tables.items():
        wanted = whole.combine(np.array(rows, np.int64), weights)
        largest = np.abs(whole.values).max(initial=0)
        np.testing.assert_allclose(
            found.table(name).combine(np.array(rows, np.int64), weights),
            wanted,
            rtol=0,
            atol=largest * 6 / 2000 + 1e-30,
        )


def test_in_catalogues_beyond_two_bytes_columns_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = packed(one=table(1)).array(RECORDS)
    monkeypatch.setattr(compact, "NARROW", 8)
    model = packed(one=table(1))
    assert len(model.array(RECORDS)) > len(narrow)
    rows = np.arange(9)
    np.testing.assert_allclose(
        CompactRows(model).table("one").combine(rows, np.ones(9)), table(1).combine(rows, np.ones(9)), rtol=5e-3
    )


def test_packing_in_small_blocks_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = packed(one=table(1), two=table(2)).array(RECORDS)
    monkeypatch.setattr(compact, "_BLOCK_ENTRIES", 3)
    np.testing.assert_array_equal(packed(one=table(1), two=table(2)).array(RECORDS), whole)


def test_the_size_is_known_before_packing() -> None:
    tables = {"one": table(1), "two": table(2)}
    size = packed_size(list(tables.values()))
    assert size <= len(packed(**tables).array(RECORDS)) <= size + 3 * 9


def test_a_record_from_afar_is_read_once_for_all_tables_and_remembered() -> None:
    source = Elsewhere(packed(one=table(1), two=table(2)))
    rows = CompactRows(source)
    for name in ("one", "two", "one"):
        rows.table(name).combine(np.array([3, 5, 7]), np.ones(3))
    rows.table("one").combine(np.array([3, 8]), np.ones(2))
    assert source.reads == [3, 1]


def test_when_enough_is_remembered_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_REMEMBERED", 2)
    source = Elsewhere(packed(one=table(1)))
    rows = CompactRows(source)
    for items in ([0, 1], [1, 2], [0, 1, 2, 3]):
        found = rows.table("one").combine(np.array(items), np.ones(len(items)))
        np.testing.assert_allclose(found, table(1).combine(np.array(items), np.ones(len(items))), rtol=5e-3, atol=5e-3)


def test_it_survives_the_disk(tmp_path: Path) -> None:
    model = packed(one=table(4))
    write_artefact(tmp_path, kind="model", arrays=model.arrays, attributes=model.attributes)
    rows = np.array([0, 4])
    np.testing.assert_array_equal(
        CompactRows(open_artefact(tmp_path)).table("one").combine(rows, np.ones(2)),
        CompactRows(model).table("one").combine(rows, np.ones(2)),
    )


def test_small_factors_stay_as_they_are_and_large_ones_lose_less_than_a_hundredth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factors = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    factors[7] = 0
    same = read_factors(FittedModel(compact_factors(factors), {}))
    assert same is factors
    monkeypatch.setattr(compact, "QUANTISED_FROM", 100)
    monkeypatch.setattr(compact, "_FACTOR_BLOCK", 7)
    small = read_factors(FittedModel(compact_factors(factors), {}))
    assert isinstance(small, CompactFactors)
    assert (len(small), small.shape, small.values.dtype) == (50, (50, 8), np.int8)
    bound = np.abs(factors).max(axis=1, keepdims=True) / 200
    assert (np.abs(small[np.arange(50)] - factors) <= bound).all()
    vector = np.ones(8, np.float32)
    np.testing.assert_allclose(small @ vector, small[np.arange(50)] @ vector, rtol=1e-5, atol=1e-5)
    assert not small[np.array([7])].any()


@pytest.mark.parametrize("quantised", [False, True])
def test_rows_of_zeros_are_not_kept_where_they_are_many_and_read_as_zeros(
    quantised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    factors[::3] = 0
    monkeypatch.setattr(compact, "QUANTISED_FROM", 100 if quantised else 10_000)
    arrays = compact_factors(factors)
    assert len(arrays["item_factors"]) == np.count_nonzero(factors.any(axis=1))
    found = read_factors(FittedModel(arrays, {}))
    assert (len(found), found.shape) == (50, (50, 8))
    bound = np.abs(factors).max(axis=1, keepdims=True) / 200 if quantised else 0
    assert (np.abs(found[np.arange(50)] - factors) <= bound).all()
    assert not found[np.array([0, 3, 48])].any()
    vector = np.linspace(-1, 1, 8).astype(np.float32)
    np.testing.assert_allclose(found @ vector, found[np.arange(50)] @ vector, rtol=1e-5, atol=1e-5)


def test_factors_that_are_all_zero_are_kept_as_they_are() -> None:
    factors = np.zeros((4, 2), np.float32)
    assert read_factors(FittedModel(compact_factors(factors), {})) is factors
