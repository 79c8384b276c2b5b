"""Items chosen by an expression over their metadata."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import InvalidInput
from reco.models.item_attributes import ItemAttributes, number_text, parse_expression
from reco.models.source import FittedModel

FILMS = ItemAttributes.of(
    ["genres", "YEAR", "EMPTY"],
    [
        ("genres", "Comedy", 0),
        ("genres", "Action", 0),
        ("genres", "Comedy", 2),
        ("genres", "Comedy", 2),
        ("genres", 'Say "hi"', 3),
        ("YEAR", number_text(1995), 2),
        ("YEAR", number_text(7.5), 3),
    ],
)


@pytest.mark.parametrize(
    ("expression", "items"),
    [
        ('ITEMS.genres = "Comedy"', [0, 2]),
        ('items.GENRES="Comedy"', [0, 2]),
        ("ITEMS.genres = 'Comedy'", [0, 2]),
        ("ITEMS.genres = Comedy", [0, 2]),
        ('ITEMS.genres = "comedy"', []),
        ('ITEMS.genres = "Comedy" AND ITEMS.genres = "Action"', [0]),
        ('ITEMS.genres = "Comedy" and ITEMS.YEAR = 1995', [2]),
        ('ITEMS.YEAR = "1995.0"', [2]),
        ("ITEMS.YEAR = 7.5", [3]),
        ('ITEMS.genres = "Say \\"hi\\""', [3]),
        ('ITEMS.EMPTY = "x"', []),
    ],
)
def test_an_expression_chooses_the_items_that_meet_every_condition(expression: str, items: list[int]) -> None:
    assert FILMS.select(expression).tolist() == items


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "Comedy",
        "USERS.AGE = 3",
        "ITEMS.genres",
        "ITEMS.genres = ",
        'ITEMS.genres = "Comedy" OR ITEMS.YEAR = 1995',
        'ITEMS.genres = "Comedy" AND',
        'ITEMS.genres != "Comedy"',
        'ITEMS.genres = "Comedy',
        "ITEMS.price = 3",
    ],
)
def test_anything_else_is_refused_in_words(expression: str) -> None:
    with pytest.raises(InvalidInput, match="itemAttributes: "):
        FILMS.select(expression)


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with suppress(InvalidInput):
        assert parse_expression(text)


def test_attributes_come_back_from_a_model_as_they_went_in() -> None:
    model = FittedModel(FILMS.arrays(), {"attribute_columns": list(FILMS.columns)})
    read = ItemAttributes.read(model)
    assert read.columns == FILMS.columns
    assert list(read.names) == list(FILMS.names)
    assert read.select('ITEMS.genres = "Comedy"').tolist() == [0, 2]


def test_no_attribute_at_all_is_a_value_too() -> None:
    nothing = ItemAttributes.of([], [])
    assert len(nothing) == 0 and nothing.items.dtype == np.int32
