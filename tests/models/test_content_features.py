"""Features of a catalogue: what each kind of column becomes, and that nothing in it can spoil them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.models import content_features
from reco.models.content import ItemContent
from reco.models.content_features import BUCKETS, BUMPS, Column, NumberColumn, TextColumn, build_content, words_of

texts = st.one_of(st.none(), st.text(alphabet="ab|é 0_\x00", max_size=12))
numbers = st.one_of(st.just(float("nan")), st.floats(), st.integers(-3, 3).map(float))


def dense(content: ItemContent) -> np.ndarray:
    table = np.zeros((len(content), content.width), np.float32)
    table[content.rows(), content.columns] = content.values
    return table


def categories(*strings: str | None) -> np.ndarray:
    return dense(build_content([TextColumn.of("GENRE", "category", strings)], len(strings)))


@given(st.lists(st.tuples(texts, texts, numbers), max_size=12))
def test_whatever_the_catalogue_says_features_are_finite_and_rows_no_longer_than_one_a_field(rows) -> None:  # type: ignore[no-untyped-def]
    columns: list[Column] = [
        TextColumn.of("A", "category", [row[0] for row in rows]),
        TextColumn.of("B", "text", [row[1] for row in rows]),
        NumberColumn("C", np.array([row[2] for row in rows], float)),
    ]
    content = build_content(columns, len(rows))
    assert np.isfinite(content.values).all()
    assert [field.name for field in content.fields] == ["A", "B", "C"]
    table = dense(content)
    for field in content.fields:
        lengths = np.linalg.norm(table[:, field.start : field.stop], axis=1)
        assert all(length == 0 or abs(length - 1) < 1e-5 for length in lengths)
    keys = content.rows() * content.width + content.columns
    assert len(np.unique(keys)) == len(keys)


def test_items_share_a_feature_for_each_category_they_share() -> None:
    table = categories("Drama|War", " War ", "Drama", None, "", "Drama|Drama", "Noir")
    expected = np.array([[1, 1, 0, 0, 0, 1, 0], [1, 0, 1, 0, 0, 1, 0]])
    assert ((table @ table.T)[:3] > 0).astype(int).tolist()[0] == [1, 1, 1, 0, 0, 1, 0]
    assert table.shape[1] == 2  # a category of one item tells nothing of another
    assert ((table @ table.T)[2] > 0).astype(int).tolist() == expected[1].tolist()


def test_only_the_commonest_categories_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_features, "MOST_CATEGORIES", 1)
    table = categories("a", "a", "b", "b", "b")
    assert table.tolist() == [[0], [0], [1], [1], [1]]


def test_numbers_near_in_rank_are_alike_and_an_outlier_is_merely_last() -> None:
    years = np.array([*np.linspace(1950, 2000, 99), 1e300, np.inf, np.nan])
    table = dense(build_content([NumberColumn("YEAR", years)], len(years)))
    assert table.shape[1] == BUMPS
    likeness = table @ table.T
    assert likeness[50, 51] > 0.95 > likeness[50, 60] > likeness[50, 80]
    assert likeness[98, 99] > 0.9
    assert not table[100:].any()


def test_few_different_numbers_are_categories() -> None:
    table = dense(build_content([NumberColumn("ADULT", np.array([0, 1, 1, 0, np.nan]))], 5))
    assert (table @ table.T).tolist() == [[1, 0, 0, 1, 0], [0, 1, 1, 0, 0], [0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [0] * 5]


def test_rare_words_count_more_than_common_ones_and_words_of_one_text_nothing() -> None:
    plots = ["the whale", "the whale", "the sea", "the moon", "the moon", "unique"]
    table = dense(build_content([TextColumn.of("PLOT", "text", plots)], 6))
    assert table.shape[1] == BUCKETS
    likeness = table @ table.T
    assert likeness[0, 1] > 0.99
    assert 0 < likeness[0, 3] < likeness[0, 2] < 1
    assert not table[5].any()


def test_words_know_no_case_and_no_signs() -> None:
    assert words_of("L'Été—2_ROT13, straße!") == ["l", "été", "2", "rot13", "strasse"]


def test_equal_texts_are_read_once_and_give_equal_rows() -> None:
    column = TextColumn.of("PLOT", "text", ["a whale", None, "a whale", "a sea"])
    assert list(column.values) == ["a whale", "a sea"]
    assert column.codes.tolist() == [0, -1, 0, 1]
    table = dense(build_content([column], 4))
    assert table[0].tolist() == table[2].tolist()
    assert not table[1].any()


def test_features_do_not_depend_on_the_processs_hash_seed() -> None:
    program = (
        "import hashlib; from reco.models.content_features import TextColumn, build_content;"
        "c = build_content([TextColumn.of('A', 'text', ['x y', 'y z', 'z x'] * 3),"
        " TextColumn.of('B', 'category', ['p|q', 'q', 'p'] * 3)], 9);"
        "print(hashlib.sha256(c.offsets.tobytes() + c.columns.tobytes() + c.values.tobytes()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_no_columns_and_no_items() -> None:
    assert build_content([], 3).offsets.tolist() == [0, 0, 0, 0]
    assert len(build_content([TextColumn.of("A", "category", [])], 0)) == 0
