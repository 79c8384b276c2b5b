"""From the text of a filter expression to its tree, by a grammar (runtime reference, section C1).

The parser is LALR(1) with a lexer that knows what may come next: linear in the length of the text, without
backtracking, and a column may be called IN or WHERE. This is the only module that loads lark.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from reco.errors import InvalidInput
from reco.filters.refusals import bad_expression, bad_symbol
from reco.filters.tree import (
    Action,
    Column,
    Filter,
    Number,
    Operand,
    Operator,
    Place,
    Placeholder,
    Predicate,
    Segment,
    Source,
    Target,
    Text,
)

LENGTH_LIMIT = 2500
"""Characters of an expression, as the service model says."""
PLACEHOLDER_NAME_LIMIT = 50
"""Characters after the dollar sign: the longest key that filterValues may have."""

GRAMMAR = r"""
start: segment ("|" segment)*
segment: ACTION TARGET _WHERE any_of [_IF all_of]
any_of: all_of (_OR all_of)*
all_of: predicate (_AND predicate)*
predicate: column (MEMBERSHIP members | COMPARISON operand)
column: SOURCE "." NAME
members: "(" value ("," value)* ")" | _one_column
operand: value | "(" value ")" | _one_column
_one_column: current_item | "(" current_item ")"
current_item: CURRENT_ITEM "." NAME
?value: text | number | placeholder
text: TEXT
number: NUMBER
placeholder: PLACEHOLDER

ACTION: /(?ai:INCLUDE|EXCLUDE)(?!\w)/
TARGET: /(?ai:ItemID|UserID|ActionID)(?!\w)/
_WHERE: /(?ai:WHERE)(?!\w)/
_IF: /(?ai:IF)(?!\w)/
_AND: /(?ai:AND)(?!\w)/
_OR: /(?ai:OR)(?!\w)/
MEMBERSHIP: /((?ai:NOT)(_|\s+))?(?ai:IN)(?!\w)/
COMPARISON: /!=|<=|>=|=|<|>/
CURRENT_ITEM: /(?ai:CurrentItem)(?!\w)/
SOURCE: /[A-Za-z_][A-Za-z0-9_]*/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
TEXT: /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/s
NUMBER: /-?[0-9]+(\.[0-9]+)?/
PLACEHOLDER: /\$[A-Za-z0-9_]+/
%ignore /\s+/
"""

_DATASETS = {source.upper(): source for source in Source} | {"ACTION": Source.ACTIONS}
"""Sources by how they may be written, in any case. `Action` is in the developer guide, for Actions."""

_EXPECTED = {
    "ACTION": "INCLUDE or EXCLUDE",
    "TARGET": ", ".join(Target),
    "_WHERE": "WHERE",
    "_AND": "AND",
    "_OR": "OR",
    "_IF": "IF",
    "MEMBERSHIP": "IN, NOT IN",
    "COMPARISON": "one of = != < <= > >=",
    "SOURCE": "a dataset such as Items",
    "NAME": "the name of a column",
    "CURRENT_ITEM": "CurrentItem",
    "TEXT": "a text in quotes",
    "NUMBER": "a number",
    "PLACEHOLDER": "a placeholder such as $NAME",
    "DOT": "a dot",
    "COMMA": "a comma",
    "LPAR": "(",
    "RPAR": ")",
    "VBAR": "|",
    "$END": "the end",
}
"""What a person reads for each terminal, in the order in which a message lists them."""

_SYMBOL = re.compile(r"\$?\w+|\"[^\"]*\"?|'[^']*'?|[!<>=]+|.", re.DOTALL)


def parse(text: str) -> Filter:
    """The tree of an expression. Only its form is judged: `reco.filters.checks` judges the rest.

    Raises:
        InvalidInput: too long, or no such expression; says where, what was found, and what was expected.
    """
    if len(text) > LENGTH_LIMIT:
        raise bad_expression(f"At most {LENGTH_LIMIT} characters are allowed; there are {len(text)}.")
    try:
        tree: Any = _parser().parse(text)  # what _Builder.start makes
    except UnexpectedInput as error:
        raise _refusal(text, error) from None
    return tree


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


@v_args(inline=True)
class _Builder(Transformer[Token, Filter]):
    """Makes the tree while the text is read; a method for each rule of the grammar."""

    def start(self, *segments: Segment) -> Filter:
        return Filter(segments)

    def segment(
        self,
        action: Token,
        target: Token,
        any_of: tuple[tuple[Predicate, ...], ...],
        only_if: tuple[Predicate, ...] | None,
    ) -> Segment:
        known = next(each for each in Target if each.upper() == target.upper())
        return Segment(Action(action.upper()), known, any_of, only_if or (), _place(target))

    def any_of(self, *alternatives: tuple[Predicate, ...]) -> tuple[tuple[Predicate, ...], ...]:
        return alternatives

    def all_of(self, *predicates: Predicate) -> tuple[Predicate, ...]:
        return predicates

    def predicate(self, column: Column, operator: Token, operands: tuple[Operand, ...]) -> Predicate:
        return Predicate(column, Operator(" ".join(operator.upper().replace("_", " ").split())), operands)

    def members(self, *operands: Operand) -> tuple[Operand, ...]:
        return operands

    operand = members

    def column(self, source: Token, name: Token) -> Column:
        known = _DATASETS.get(source.upper())
        if known is None:
            raise bad_symbol(source, _place(source), f"a dataset: one of {', '.join(Source)}")
        return Column(known, str(name), _place(source))

    current_item = column

    def text(self, token: Token) -> Text:
        return Text(re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL), _place(token))

    def number(self, token: Token) -> Number:
        return Number(str(token), _place(token))

    def placeholder(self, token: Token) -> Placeholder:
        if len(token) > PLACEHOLDER_NAME_LIMIT + 1:
            allowed = f"a placeholder of at most {PLACEHOLDER_NAME_LIMIT} characters after the dollar sign"
            raise bad_symbol(token, _place(token), allowed)
        return Placeholder(str(token[1:]), _place(token))


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


def _refusal(text: str, error: UnexpectedInput) -> InvalidInput:
    """The error in words, from the first place at which no expression goes on like this."""
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(text) if ended else error.pos_in_stream or 0
    place = Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    accepted = _accepted_after(text[:at])
    expected = _either([words for terminal, words in _EXPECTED.items() if terminal in accepted])
    if ended:
        return bad_expression(f"The expression ends here; expected {expected}.", place)
    symbol = _SYMBOL.match(text, at)
    found = symbol[0] if symbol else ""
    if found[:1] in ("'", '"') and "TEXT" in accepted:
        return bad_expression("The text that begins here has no closing quote.", place)
    if found == "(" and "SOURCE" in accepted:
        expected += "; conditions are not grouped by brackets"
    if found.upper() == "OR" and "_AND" in accepted:
        expected += "; conditions behind IF are joined by AND only"
    return bad_symbol(found, place, expected)


def _accepted_after(beginning: str) -> set[str]:
    """The terminals that may follow a beginning; an error itself knows fewer, since the parser has reduced by then."""
    reader = _parser().parse_interactive(beginning)
    reader.exhaust_lexer()
    return reader.accepts()


def _either(words: list[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
