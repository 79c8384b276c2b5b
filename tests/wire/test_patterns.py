"""Java's patterns in Python: the same texts match, and quickly."""

from __future__ import annotations

import re
import sys
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reco.wire.patterns import _LAST_ASSIGNED, compile_pattern
from tests.wire.samples import MODELS

PATTERNS = {
    shape["pattern"]: shape.get("max", 2048)
    for model in MODELS.values()
    for shape in model._service_description["shapes"].values()
    if "pattern" in shape
}
TAG = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"
SOURCE = r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
def test_a_tag_takes_letters_separators_numbers_and_eight_signs(text: str) -> None:
    assert compile_pattern(TAG)(text) == all(category(c)[0] in "LZN" or c in "_.:/=+-@" for c in text)


@pytest.mark.parametrize("initial", "LZN")
def test_a_category_has_exactly_its_code_points(initial: str) -> None:
    matches = compile_pattern(rf"\p{{{initial}}}")
    beyond = [c for c in range(_LAST_ASSIGNED + 1, sys.maxunicode + 1) if category(chr(c))[0] == initial]
    assert beyond == []
    for c in range(0, _LAST_ASSIGNED + 1, 7):
        assert matches(chr(c)) == (category(chr(c))[0] == initial)


def test_ascii_and_digits_are_javas() -> None:
    assert compile_pattern(r"\p{ASCII}{0,3}")("a\n\x7f")
    assert not compile_pattern(r"\p{ASCII}{0,3}")("é")
    assert not compile_pattern(r"rate\(\d+ days?\)")("rate(٣ days)")


def test_a_pattern_holds_for_the_whole_text() -> None:
    name = compile_pattern(r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*")
    assert name("a-b_C9")
    for text in ("", "-a", "a b", "a\n", "ä", "a/b"):
        assert not name(text)
    arn = compile_pattern(r"arn:([a-z\d-]+):personalize:.*:.*:.+")
    assert arn("arn:aws:personalize:::recipe/aws-sims")
    assert not arn("see arn:aws:personalize:::recipe/aws-sims")
    assert not arn("arn:aws:personalize:::")


@given(st.text(st.sampled_from(" !~\x1f\x7fé"), max_size=12))
def test_the_quick_form_of_a_slow_pattern_takes_the_same_texts(text: str) -> None:
    assert compile_pattern(SOURCE)(text) == (re.fullmatch(SOURCE, text) is not None)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_text_of_allowed_length_takes_long(pattern: str) -> None:
    """A pattern that backtracks in the third power would hang here: a thousand million steps."""
    matches, longest = compile_pattern(pattern), PATTERNS[pattern]
    for unit in ("!", "a", ":", "a:", "arn:", ":kms:", "arn:aws:kms:", "0", "rate(1", "s3://", "é", "1 "):
        matches((unit * longest)[: longest - 1] + "\n")
        matches(("arn:aws:kms:" + unit * longest)[: longest - 1] + "\n")
