"""Page tokens come back only where they were made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.errors import InvalidNextToken
from reco.wire import pagination
from reco.wire.pagination import MAX_TOKEN_CHARACTERS, decode, encode

NAMES = st.sampled_from(["ListSchemas", "ListDatasets", "ListCampaigns"])
PARAMETERS = st.dictionaries(st.sampled_from(["dataset_group_arn", "solution_arn", "domain"]), st.text(max_size=20))
POSITIONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(NAMES, PARAMETERS, POSITIONS)
def test_a_token_gives_its_position_back(operation: str, parameters: dict[str, str], position: object) -> None:
    token = encode(operation, parameters, position)
    assert token.isascii() and len(token) <= MAX_TOKEN_CHARACTERS
    assert decode(operation, parameters, token) == position


@given(NAMES, PARAMETERS, POSITIONS, st.integers(1, 100))
def test_the_page_size_may_change_between_pages(
    operation: str, parameters: dict[str, str], position: object, size: int
) -> None:
    token = encode(operation, parameters, position)
    assert decode(operation, {**parameters, "max_results": size, "next_token": token}, token) == position


@given(NAMES, NAMES, PARAMETERS, PARAMETERS, POSITIONS)
def test_another_operation_or_other_parameters_refuse_it(
    here: str, there: str, sent: dict[str, str], other: dict[str, str], position: object
) -> None:
    if (here, sent) == (there, other):
        return
    with pytest.raises(InvalidNextToken, match=rf"nextToken: was not made by {there} with these parameters"):
        decode(there, other, encode(here, sent, position))


@given(POSITIONS, st.data())
def test_an_altered_or_cut_token_is_refused(position: object, data: st.DataObject) -> None:
    token = encode("ListSchemas", {}, position)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    for altered in (token[:at] + letter + token[at + 1 :], token[:at], token + letter):
        if altered == token:
            continue
        with pytest.raises(InvalidNextToken):
            decode("ListSchemas", {}, altered)


@given(st.text(max_size=100))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidNextToken):
        decode("ListSchemas", {}, text)


def test_a_position_that_no_token_can_hold_is_our_fault() -> None:
    with pytest.raises(ValueError, match=r"a page token of 1[0-9]{3} characters; the most is 1500"):
        encode("ListSchemas", {}, "x" * 1200)


def test_a_token_made_by_the_first_version_is_still_read() -> None:
    """Change `_FORMAT` when this has to change, so that older tokens are refused and not misread."""
    assert pagination._FORMAT == "1"
    assert decode("ListDatasets", {"dataset_group_arn": "g"}, "OVcHH3OxuJehWyJkYXRhc2V0IiwiZy9JVEVNUyJd") == [
        "dataset",
        "g/ITEMS",
    ]
