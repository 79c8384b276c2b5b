"""What a filter may ask of its group's columns."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given

from reco.datasets.schemas import Field, Schema
from reco.errors import InvalidInput
from reco.filters.checks import check, datasets_of
from reco.filters.parsing import parse
from reco.filters.printing import printed
from reco.filters.stored import checked_filter, document
from reco.filters.tree import Source
from tests.filters.strategies import filters, fitting_filters
from tests.filters.vectors import SCHEMAS, VECTORS


def checked(text, schemas=SCHEMAS):
    return check(parse(text), schemas)


def refusal(text, schemas=SCHEMAS):
    with pytest.raises(InvalidInput) as caught:
        checked(text, schemas)
    return caught.value.message


@pytest.mark.parametrize(("text", "said"), VECTORS.values(), ids=[str(number) for number in VECTORS])
def test_the_expressions_of_the_reference_are_taken_or_refused(text, said):
    if said is None:
        assert checked(text).tree == check(parse(printed(parse(text))), SCHEMAS).tree
    else:
        message = refusal(text)
        assert message.startswith("Could not create filter. Invalid ")
        assert said in message


def test_there_are_89_of_them_and_25_are_invalid():
    assert list(VECTORS) == list(range(1, 90))
    assert sum(said is not None for _, said in VECTORS.values()) == 25


@given(fitting_filters())
def test_what_the_schemas_allow_is_taken_as_it_is(tree):
    assert check(tree, SCHEMAS).tree == tree


@given(fitting_filters())
def test_what_is_stored_is_json_and_comes_back_whole(tree):
    stored = document(check(tree, SCHEMAS))
    assert checked_filter(json.loads(json.dumps(stored))) == check(tree, SCHEMAS)


@given(filters)
def test_every_tree_is_taken_or_refused_in_words(tree):
    try:
        result = check(tree, SCHEMAS)
    except InvalidInput as error:
        assert error.message.startswith("Could not create filter. Invalid ")
    else:
        assert {column.source.dataset_type for column in result.tree.columns} == datasets_of(tree)


def test_a_document_of_another_version_is_not_guessed_at():
    stored = document(checked("INCLUDE ItemID WHERE Items.PRICE < 1"))
    with pytest.raises(ValueError, match="version 2"):
        checked_filter({**stored, "version": 2})


def test_columns_are_found_in_any_case_and_spelled_as_the_schema_does():
    result = checked("INCLUDE ItemID WHERE items.price < currentitem.Year IF CurrentUser.membership = $M")
    assert [(column.source, column.name) for column in result.tree.columns] == [
        (Source.ITEMS, "PRICE"),
        (Source.CURRENT_ITEM, "YEAR"),
        (Source.CURRENT_USER, "MEMBERSHIP"),
    ]
    assert result.types == {("ITEMS", "PRICE"): "float", ("ITEMS", "YEAR"): "int", ("USERS", "MEMBERSHIP"): "string"}
    assert [result.is_number(column) for column in result.tree.columns] == [True, True, False]


def test_the_placeholders_are_listed_once_and_those_of_includes_are_required():
    tree = parse(
        "INCLUDE ItemID WHERE Items.GENRES IN ($G, $H) AND Items.PRICE < $P IF CurrentUser.AGE > $A"
        " | EXCLUDE ItemID WHERE Items.GENRES IN ($G, $E)"
    )
    assert tree.placeholders == ("G", "H", "P", "A", "E")
    assert tree.required_placeholders == ("G", "H", "P", "A")
    assert tree.segments[1].placeholders == ("G", "E")


def test_a_filter_says_what_it_looks_at():
    text = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*") IF CurrentUser.AGE > 5'
    assert parse(text).sources == {Source.INTERACTIONS, Source.CURRENT_USER}
    assert datasets_of(parse(text)) == {"INTERACTIONS", "USERS"}
    assert datasets_of(parse("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.YEAR")) == {"ITEMS"}


@pytest.mark.parametrize(
    "text",
    [
        "INCLUDE ItemID WHERE Items.CATEGORY IN (5)",
        'INCLUDE ItemID WHERE Items.YEAR IN ("1994", "-2.5")',
        'INCLUDE ItemID WHERE Items.YEAR = "1994"',
        "INCLUDE ItemID WHERE Items.PRICE != $P",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE != "*"',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE = $E',
        'EXCLUDE UserID WHERE Interactions.EVENT_TYPE NOT IN ("*")',
        "INCLUDE ItemID WHERE Items.YEAR = CurrentItem.PRICE",
        "INCLUDE ItemID WHERE Items.GENRES NOT IN CurrentItem.CATEGORY",
        'INCLUDE UserID WHERE Users.AGE > 3 IF CurrentUser.COUNTRY IN ("GB")',
        'INCLUDE ActionID WHERE Actions.VALUE < 5 | EXCLUDE ActionID WHERE action_interactions.event_type = $E',
    ],
)  # fmt: skip
def test_what_has_a_plain_meaning_is_taken(text):
    checked(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('INCLUDE ItemID WHERE Items.YEAR IN ("new")', "Items.YEAR holds numbers (int), and new is not one."),
        ('INCLUDE ItemID WHERE Items.YEAR = "1e3"', "At character 35: Items.YEAR holds numbers (int)"),
        ("INCLUDE ItemID WHERE Items.CATEGORY < $C", "< compares numbers, and Items.CATEGORY is a string."),
        ("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.CATEGORY", "CurrentItem.CATEGORY is a string and Items.YEAR"),
        ("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.ON_SALE", "At character 35: CurrentItem.ON_SALE is boolean"),
        ("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.X", "has no column X"),
        ("INCLUDE ItemID WHERE CurrentItem.YEAR < 5", "CurrentItem stands only to the right of an operator."),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN CurrentItem.CATEGORY', "only with columns of Items"),
        ("INCLUDE UserID WHERE Users.AGE > CurrentItem.YEAR", "only with columns of Items"),
        ("INCLUDE ItemID WHERE Items.YEAR > 1 IF CurrentUser.AGE > CurrentItem.YEAR", "only with columns of Items"),
        ("INCLUDE ItemID WHERE Items.YEAR > 1 IF CurrentUser.AGE > \"3\"", "write the number without quotes"),
        ("INCLUDE ItemID WHERE Items.YEAR > 1 IF CurrentUser.COUNTRY NOT IN ($C)", "symbol: $C. Placeholders are not"),
        ("INCLUDE ItemID WHERE Items.YEAR > 1 IF CurrentUser.COUNTRY = \"*\"", "is a value of EVENT_TYPE only"),
        ("INCLUDE ItemID WHERE Interactions.EVENT_TYPE > 5", "> compares numbers, and Interactions.EVENT_TYPE"),
        ("INCLUDE ItemID WHERE Actions.VALUE > 5", "Actions cannot be tested for ItemID; test Items or Interactions."),
        ("INCLUDE ActionID WHERE Interactions.EVENT_TYPE = \"a\"", "test Actions or Action_Interactions."),
        ("EXCLUDE ActionID WHERE Actions.ACTION_EXPIRATION_TIMESTAMP < 5", "leaves actions out by itself"),
        ("EXCLUDE ActionID WHERE Action_Interactions.TIMESTAMP < 5", "Of Action_Interactions only EVENT_TYPE"),
        ("INCLUDE ItemID WHERE Items.YEAR > 1 |\nINCLUDE ItemID WHERE Items.ON_SALE = 1", "At line 2, character 22: "),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_with_the_rule(text, said):
    assert said in refusal(text)


def test_a_dataset_that_the_group_lacks_is_named():
    without_users = {name: schema for name, schema in SCHEMAS.items() if name != "USERS"}
    message = refusal("INCLUDE ItemID WHERE Items.YEAR > 1 IF CurrentUser.AGE > 1", without_users)
    assert "At character 40: CurrentUser.AGE needs a dataset of type USERS; the group has none." in message


def columns(count):
    """A schema of Items with `count` numbers, and a filter that uses all of them."""
    names = [f"C{number}" for number in range(count)]
    tests = " AND ".join(f"Items.{name} > 1 AND items.{name.lower()} < CurrentItem.{name}" for name in names)
    schema = Schema("ITEMS", tuple(Field(name, "float") for name in names))
    return f"INCLUDE ItemID WHERE {tests}", {"ITEMS": schema}


def test_ten_different_columns_are_taken_and_eleven_refused():
    assert len(checked(*columns(10)).types) == 10
    assert "at most 10 different columns; this uses 11" in refusal(*columns(11))


def test_a_user_of_the_request_and_users_in_conditions_share_their_columns():
    text = "INCLUDE UserID WHERE Users.AGE > 1 IF CurrentUser.AGE > 1"
    assert set(checked(text).types) == {("USERS", "AGE")}


def test_25_placeholders_are_taken_and_26_refused():
    def filter_of(count):
        return f"INCLUDE ItemID WHERE Items.CATEGORY IN ({', '.join(f'$P{number}' for number in range(count))}, $P0)"

    assert len(checked(filter_of(25)).tree.placeholders) == 25
    assert "at most 25 placeholders" in refusal(filter_of(26))


def test_the_names_of_a_wide_schema_are_cut_in_a_message():
    _, schemas = columns(100)
    message = refusal("INCLUDE ItemID WHERE Items.COLOUR = 1", schemas)
    assert "has no column COLOUR; it has C0, C1, " in message
    assert message.endswith("C11 and 88 more.")


@pytest.mark.parametrize("source", ["Items", "Interactions"])
def test_a_message_repeats_no_endless_name(source):
    message = refusal(f"INCLUDE ItemID WHERE {source}.{'X' * 2000} = 1")
    assert "X" * 57 + "..." in message
    assert len(message) < 400


def test_only_parsing_loads_the_parsers_library():
    program = (
        "import sys, reco.filters.checks, reco.filters.stored, reco.filters.printing; before = 'lark' in sys.modules;"
        "import reco.filters.parsing; print(before, 'lark' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True"]
