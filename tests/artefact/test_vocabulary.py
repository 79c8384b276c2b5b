"""Vocabularies: the same as a sorted set of strings, for any strings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.artefact import Vocabulary, open_artefact, write_artefact
from reco.artefact.vocabulary import pack
from reco.errors import CorruptArtefact

# Short alphabets and lengths around the word size make ties, prefixes and NUL bytes frequent.
TEXTS = st.lists(st.one_of(st.text("\0ab", max_size=20), st.text("aé😀", max_size=9), st.text(max_size=30)))


@given(TEXTS)
def test_index_equals_a_sorted_set(texts: list[str]) -> None:
    vocabulary, codes = Vocabulary.index(texts)
    assert list(vocabulary) == sorted(set(texts), key=str.encode)
    assert vocabulary.strings(codes.tolist()) == texts
    assert codes.dtype == np.int32


@given(TEXTS, TEXTS)
def test_row_finds_what_is_there_and_nothing_else(texts: list[str], others: list[str]) -> None:
    vocabulary = Vocabulary.from_strings(texts)
    expected = {text: row for row, text in enumerate(vocabulary)}
    for text in texts + others:
        assert vocabulary.row(text) == expected.get(text)
    assert vocabulary.rows(texts + others).tolist() == [expected.get(text, -1) for text in texts + others]
    for text in others:
        assert vocabulary.row(text) == expected.get(text)


@given(TEXTS, TEXTS)
def test_union_holds_both_and_says_where(texts: list[str], others: list[str]) -> None:
    one, two = Vocabulary.from_strings(texts), Vocabulary.from_strings(others)
    both, rows_of_one, rows_of_two = one.union(two)
    assert list(both) == list(Vocabulary.from_strings(texts + others))
    assert both.strings(rows_of_one.tolist()) == list(one)
    assert both.strings(rows_of_two.tolist()) == list(two)


def test_packed_strings_in_any_order_are_indexed_without_becoming_strings() -> None:
    vocabulary, codes = Vocabulary.index_packed(*pack(["b", "a", "b", ""]))
    assert list(vocabulary) == ["", "a", "b"]
    assert codes.tolist() == [2, 1, 2, 0]


def test_taking_some_rows_keeps_them_in_order() -> None:
    vocabulary = Vocabulary.from_strings(["a", "bb", "ccc", "d"])
    assert list(vocabulary.take(np.array([1, 3]))) == ["bb", "d"]


def test_half_a_surrogate_pair_is_never_found() -> None:
    assert Vocabulary.from_strings(["a"]).row("\ud800") is None


def test_a_vocabulary_survives_the_artefact_and_answers_from_disk(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_strings(f"item-{i}" for i in range(1000))
    write_artefact(tmp_path, kind="any", arrays=vocabulary.arrays("items"), attributes={})
    found = Vocabulary.of(open_artefact(tmp_path), "items")
    assert list(found) == list(vocabulary)
    assert found.row("item-77") == vocabulary.row("item-77")
    assert found.row("item-1000") is None


def test_offsets_that_do_not_fit_are_corruption(tmp_path: Path) -> None:
    arrays = {**Vocabulary.from_strings(["a", "b"]).arrays("items"), "items.offsets": np.array([0, 1, 5])}
    write_artefact(tmp_path, kind="any", arrays=arrays, attributes={})
    with pytest.raises(CorruptArtefact, match=r"items\.offsets does not fit items\.bytes"):
        Vocabulary.of(open_artefact(tmp_path), "items")
