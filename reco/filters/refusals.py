"""How a filter expression is refused. The beginnings of the messages are Amazon Personalize's own.

Source: control-plane reference, section B.4.
"""

from __future__ import annotations

from reco.errors import InvalidInput
from reco.filters.tree import Place, Placeholder

_PREFIX = "Could not create filter."
_SHOWN = 60
"""Characters of the expression that a message repeats at most."""


def bad_symbol(found: str, place: Place, expected: str) -> InvalidInput:
    """What stands at `place` may not stand there."""
    return InvalidInput(f"{_PREFIX} Invalid input symbol: {shown(found)}. At {place}, expected {expected}.")


def bad_expression(said: str, place: Place | None = None) -> InvalidInput:
    """The symbols are in order and what they say is not; `said` names the rule and what to do."""
    where = f" At {place}: " if place else " "
    return InvalidInput(f"{_PREFIX} Invalid Expression.{where}{said}")


def placeholder_under_not_in(placeholder: Placeholder) -> InvalidInput:
    """The text is Personalize's own, word by word."""
    return InvalidInput(
        f"{_PREFIX} Invalid input symbol: ${placeholder.name}. Placeholders are not allowed with NOT_IN operator."
    )


def shown(text: str) -> str:
    """A piece of the expression, short enough for a message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
