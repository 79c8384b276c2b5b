r"""Patterns of the service models: Java's regular expressions, as Python's.

A pattern holds for the whole text, with or without ^ and $: the models write `^[a-zA-Z0-9][a-zA-Z0-9\-_]*` and
`\p{ASCII}{0,1500}`, which would refuse next to nothing if a match anywhere counted. `\d` is ASCII, as in Java.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from unicodedata import category

Matcher = Callable[[str], bool]

_LAST_ASCII = 0x7F
_LAST_ASSIGNED = 0x3FFFF
"""Above lie only tags, variation selectors and private use: no letter, number or separator."""

_JAVA_CLASS = re.compile(r"\\p\{(\w+)\}")

_SAME_LANGUAGE = {
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": r"\x20*[\x21-\x7E][\x20-\x7E]*",
}
"""Patterns that backtrack for seconds on a text of their maximal length, and what to use instead."""


def compile_pattern(pattern: str) -> Matcher:
    """Whether a text matches. Compiled at first use, since most patterns of a model are never asked."""

    def matches(text: str) -> bool:
        last = _LAST_ASCII if text.isascii() else _LAST_ASSIGNED
        return translate(pattern, last).fullmatch(text) is not None

    return matches


@cache
def translate(pattern: str, last: int) -> re.Pattern[str]:
    r"""Java's pattern for texts that end at code point `last`: the 100 ms that \p{L} costs in full are seldom paid."""
    pattern = _SAME_LANGUAGE.get(pattern, pattern)
    spelled = _JAVA_CLASS.sub(lambda match: _spell_class(match[1], last, pattern, match.start()), pattern)
    return re.compile(spelled, re.ASCII)


def _spell_class(name: str, last: int, pattern: str, position: int) -> str:
    inside = pattern.rfind("[", 0, position) > pattern.rfind("]", 0, position)
    ranges = r"\x00-\x7F" if name == "ASCII" else _category_ranges(name, last)
    return ranges if inside else f"[{ranges}]"


@cache
def _category_ranges(initial: str, last: int) -> str:
    r"""All code points to `last` whose general category begins with `initial` (L letters, N numbers, Z separators)."""
    initials = "".join(map(category, map(chr, range(last + 1))))[::2]
    runs = re.finditer(f"{initial}+", initials)
    return "".join(f"\\U{run.start():08X}-\\U{run.end() - 1:08X}" for run in runs)
