"""From text to tree and back, and what is said where an expression cannot go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import InvalidInput
from reco.filters.parsing import LENGTH_LIMIT, parse
from reco.filters.printing import printed
from reco.filters.tree import (
    Action,
    Column,
    Filter,
    Number,
    Operator,
    Place,
    Placeholder,
    Predicate,
    Segment,
    Source,
    Target,
    Text,
)
from tests.filters.strategies import filters
from tests.filters.vectors import VECTORS

WHOLE = (
    'include itemId Where items.PRICE<=($MAX)And ITEMS.genres not_in(\'Drama\',"a\\"b\\\\")\n'
    'OR Items.YEAR\tIN CurrentItem.YEAR | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    " IF CurrentUser.AGE > -1.50 and currentuser.CITY = $C"
)


def refusal(text):
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    return caught.value.message


def outcome(text):
    """The tree, or the message: nothing else may come of a text."""
    try:
        return parse(text)
    except InvalidInput as error:
        return error.message


@given(filters)
def test_a_tree_that_is_printed_and_parsed_again_is_the_same_tree(tree):
    text = printed(tree)
    if len(text) <= LENGTH_LIMIT:
        assert parse(text) == tree


@given(filters, st.data())
def test_every_beginning_of_an_expression_gives_a_tree_or_says_what_is_missing(tree, data):
    text = printed(tree)[:LENGTH_LIMIT]
    beginning = text[: data.draw(st.integers(0, len(text)))]
    result = outcome(beginning)
    assert isinstance(result, Filter) or result.startswith("Could not create filter. Invalid ")


def test_every_beginning_of_a_long_expression_either_parses_or_is_refused_in_words():
    for end in range(len(WHOLE)):
        result = outcome(WHOLE[:end])
        assert isinstance(result, Filter) or result.startswith("Could not create filter. Invalid ")


@given(st.text(max_size=200) | st.text("INCLUDEitemWHRTN $\"'\\|().,=!<>-0129_\n", max_size=200))
def test_any_text_gives_a_tree_or_a_refusal(text):
    result = outcome(text)
    assert isinstance(result, Filter) or result.startswith("Could not create filter. Invalid ")


_PIECES = st.sampled_from(
    ["INCLUDE", "EXCLUDE", "ItemID", "WHERE", "IF", "AND", "OR", "NOT", "IN", "Items", "CurrentItem", "CurrentUser"]
) | st.sampled_from([".", "(", ")", ",", "|", "=", "<", '"a"', "1", "$P"])


@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_any_order_of_symbols_gives_a_tree_or_a_refusal(text):
    result = outcome(text)
    assert isinstance(result, Filter) or result.startswith("Could not create filter. Invalid ")


@pytest.mark.parametrize("number", VECTORS)
def test_the_expressions_that_parse_have_a_canonical_form(number):
    result = outcome(VECTORS[number][0])
    if isinstance(result, Filter):
        assert parse(printed(result)) == result
        assert printed(parse(printed(result))) == printed(result)


def test_every_part_of_an_expression_has_its_place_in_the_tree():
    assert parse(WHOLE) == Filter(
        (
            Segment(
                Action.INCLUDE,
                Target.ITEM,
                (
                    (
                        Predicate(Column(Source.ITEMS, "PRICE"), Operator.AT_MOST, (Placeholder("MAX"),)),
                        Predicate(Column(Source.ITEMS, "genres"), Operator.NOT_IN, (Text("Drama"), Text('a"b\\'))),
                    ),
                    (Predicate(Column(Source.ITEMS, "YEAR"), Operator.IN, (Column(Source.CURRENT_ITEM, "YEAR"),)),),
                ),
            ),
            Segment(
                Action.EXCLUDE,
                Target.ITEM,
                ((Predicate(Column(Source.INTERACTIONS, "EVENT_TYPE"), Operator.IN, (Text("*"),)),),),
                (
                    Predicate(Column(Source.CURRENT_USER, "AGE"), Operator.GREATER, (Number("-1.50"),)),
                    Predicate(Column(Source.CURRENT_USER, "CITY"), Operator.EQUAL, (Placeholder("C"),)),
                ),
            ),
        )
    )


def test_and_binds_tighter_than_or():
    (segment,) = parse("INCLUDE ItemID WHERE Items.A = 1 OR Items.B = 2 AND Items.C = 3 OR Items.D = 4").segments
    assert [[predicate.column.name for predicate in all_of] for all_of in segment.any_of] == [["A"], ["B", "C"], ["D"]]


def test_what_stands_where_is_remembered():
    (segment,) = parse("INCLUDE ItemID WHERE\n  Items.A IN (1,\n$B)").segments
    (predicate,) = segment.conditions
    assert segment.place == Place(1, 9)
    assert predicate.column.place == Place(2, 3)
    assert [operand.place for operand in predicate.operands] == [Place(2, 15), Place(3, 1)]


def test_a_column_may_have_the_name_of_a_keyword():
    text = 'INCLUDE ItemID WHERE Items.IN IN ("x") AND Items.WHERE = 1 AND Items.IF < CurrentItem.AND'
    (segment,) = parse(text).segments
    assert [predicate.column.name for predicate in segment.conditions] == ["IN", "WHERE", "IF"]


def test_the_singular_of_the_developer_guide_means_actions():
    text = 'INCLUDE ActionID WHERE Action.MEMBERSHIP_LEVEL IN ("Premium") IF CurrentUser.MEMBERSHIP = $PREMIUM'
    assert parse(text).segments[0].source is Source.ACTIONS


@pytest.mark.parametrize(
    "text",
    [
        "INCLUDE ItemID WHERE Items.A IN CurrentItem.A",
        "INCLUDE ItemID WHERE Items.A IN (CurrentItem.A)",
        "INCLUDE ItemID WHERE Items.A = CurrentItem.A",
        "INCLUDE ItemID WHERE Items.A = (CurrentItem.A)",
    ],
)
def test_brackets_round_the_current_item_are_free(text):
    (predicate,) = parse(text).predicates
    assert predicate.operands == (Column(Source.CURRENT_ITEM, "A"),)


@pytest.mark.parametrize("space", [" ", "\t", "\r\n", "\u00a0"])
def test_any_white_space_parts_symbols(space):
    text = 'INCLUDE ItemID WHERE Items.A NOT IN ("a b") OR Items . B = 1'
    assert parse(text.replace('"a b"', '"ab"').replace(" ", space)) == parse(text.replace("a b", "ab"))


def test_a_number_keeps_how_it_was_written_and_its_exact_value():
    (predicate,) = parse("INCLUDE ItemID WHERE Items.A IN (007, 12345678901234567890.10)").predicates
    first, second = predicate.operands
    assert (first, first.value) == (Number("007"), 7)
    assert str(second.value) == "12345678901234567890.10"


def test_2500_characters_are_read_and_one_more_is_refused():
    text = 'INCLUDE ItemID WHERE Items.A IN ("")'
    longest = text.replace('""', f'"{"x" * (LENGTH_LIMIT - len(text))}"')
    assert len(longest) == LENGTH_LIMIT
    assert len(parse(longest).predicates) == 1
    assert "At most 2500 characters are allowed; there are 2501." in refusal(longest + " ")


@pytest.mark.parametrize("filling", ["\\", '"', "(", "NOT ", "Items.", "|", "$", "-", "9", "\n", "'\\"])
def test_the_longest_nonsense_is_refused_like_any_other(filling):
    beginning = 'INCLUDE ItemID WHERE Items.A IN ("a'
    assert refusal((beginning + filling * LENGTH_LIMIT)[:LENGTH_LIMIT]).startswith("Could not create filter.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "At character 1: The expression ends here; expected INCLUDE or EXCLUDE."),
        ("DROP ItemID", "Invalid input symbol: DROP. At character 1, expected INCLUDE or EXCLUDE."),
        ("INCLUDE", "At character 8: The expression ends here; expected ItemID, UserID, ActionID."),
        ("INCLUDE itemsID WHERE", "Invalid input symbol: itemsID. At character 9, expected ItemID, UserID, ActionID."),
        ("INCLUDE ItemID WHERE Films.A = 1", "Invalid input symbol: Films. At character 22, expected a dataset: "),
        ("INCLUDE ItemID WHERE Items.1 = 1", "Invalid input symbol: 1. At character 28, expected the name of a"),
        ("INCLUDE ItemID WHERE Items.A == 1", "Invalid input symbol: =. At character 31, expected"),
        ("INCLUDE ItemID WHERE Items.A IN $A", "Invalid input symbol: $A. At character 33, expected CurrentItem or ("),
        ("INCLUDE ItemID WHERE Items.A = Items.B", "Invalid input symbol: Items. At character 32, expected Current"),
        ("INCLUDE ItemID WHERE Items.A = 1e5", "Invalid input symbol: e5. At character 33, expected AND, OR, IF"),
        ('INCLUDE ItemID WHERE Items.A IN ("a)', "At character 34: The text that begins here has no closing quote."),
        ("INCLUDE ItemID\nWHERE Items.A\n IS 1", "Invalid input symbol: IS. At line 3, character 2, expected IN, NOT"),
        ("INCLUDE ItemID\nWHERE ", "At line 2, character 7: The expression ends here; expected a dataset"),
        ("\u0130NCLUDE ItemID", "At character 1, expected INCLUDE or EXCLUDE."),
        ("INCLUDE ItemID WHERE Items.A = \u0661", "At character 32, expected"),
        (f"INCLUDE ItemID WHERE Items.A = ${'x' * 51}", "expected a placeholder of at most 50 characters"),
        (f"INCLUDE ItemID WHERE {'x' * 2000}.A = 1", "xxx.... At character 22, expected a dataset"),
    ],
)  # fmt: skip
def test_a_refusal_says_where_what_was_found_and_what_was_expected(text, said):
    message = refusal(text)
    assert said in message
    assert len(message) < 400
