"""Expressions that CreateFilter takes or refuses, with the schemas of the group they are for.

Source: runtime reference, section K. Several rows repeat an expression: they differ in what a request brings along.
"""

from __future__ import annotations

from reco.datasets.schemas import parse_schema
from tests.schemas import column, schema_text


def _schema(name, *fields):
    return parse_schema(schema_text(name, *fields))


SCHEMAS = {
    "ITEMS": _schema(
        "Items",
        column("ITEM_ID", "string"),
        column("GENRES", ["null", "string"], categorical=True),
        column("CATEGORY", "string", categorical=True),
        column("IN_STOCK", "string"),
        column("PRICE", ["float", "null"]),
        column("YEAR", ["int", "null"]),
        column("CREATION_TIMESTAMP", "long"),
        column("ON_SALE", "boolean"),
        column("DESCRIPTION", "string", textual=True),
    ),
    "USERS": _schema(
        "Users",
        column("USER_ID", "string"),
        column("AGE", "int"),
        column("MEMBERSHIP", "string", categorical=True),
        column("COUNTRY", "string", categorical=True),
    ),
    "INTERACTIONS": _schema(
        "Interactions",
        column("USER_ID", "string"),
        column("ITEM_ID", "string"),
        column("TIMESTAMP", "long"),
        column("EVENT_TYPE", "string"),
        column("DEVICE", "string", categorical=True),
    ),
    "ACTIONS": _schema(
        "Actions",
        column("ACTION_ID", "string"),
        column("CATEGORY", "string", categorical=True),
        column("VALUE", ["long", "null"]),
        column("ACTION_EXPIRATION_TIMESTAMP", ["long", "null"]),
        column("REPEAT_FREQUENCY", ["long", "null"]),
    ),
    "ACTION_INTERACTIONS": _schema(
        "ActionInteractions",
        column("USER_ID", "string"),
        column("ACTION_ID", "string"),
        column("EVENT_TYPE", "string"),
        column("TIMESTAMP", "long"),
    ),
}
"""Of the group, by dataset type."""

VECTORS: dict[int, tuple[str, str | None]] = {
    1: ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")', None),
    2: ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")', None),
    3: ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Click","Watch")', None),
    4: ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', None),
    5: ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', None),
    6: ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', None),
    7: ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)", None),
    8: ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($EVENT_TYPE)", None),
    9: ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("Click")', None),
    10: ("INCLUDE ItemID WHERE Interactions.event_type IN ('watch','click')", None),
    11: ('exclude itemid where interactions.event_type in ("click")', None),
    12: ('EXCLUDE ItemID WHERE Interactions.DEVICE IN ("tv")', "only EVENT_TYPE can be tested, not DEVICE"),
    13: ("INCLUDE ItemID WHERE Interactions.TIMESTAMP > 1700000000", "only EVENT_TYPE can be tested, not TIMESTAMP"),
    14: ('INCLUDE ItemID WHERE Items.GENRES IN ("Drama")', None),
    15: ('INCLUDE ItemID WHERE Items.GENRES IN ("drama")', None),
    16: ('INCLUDE ItemID WHERE Items.GENRES IN ("Comedy","comedy")', None),
    17: ('INCLUDE ItemID WHERE Items.GENRES IN ("Drama|Comedy")', None),
    18: ('INCLUDE ItemID WHERE Items.GENRES IN ("Dram")', None),
    19: ('EXCLUDE ItemID WHERE Items.GENRES IN ("Horror")', None),
    20: ('EXCLUDE ItemID WHERE Items.GENRES NOT IN ("Drama")', None),
    21: ('INCLUDE ItemID WHERE Items.GENRES NOT IN ("Drama")', None),
    22: ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", None),
    23: ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", None),
    24: ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", None),
    25: ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", None),
    26: ("INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", None),
    27: (
        "EXCLUDE ItemID WHERE Items.GENRES NOT IN ($GENRES)",
        "Invalid input symbol: $GENRES. Placeholders are not allowed with NOT_IN operator.",
    ),
    28: ('INCLUDE ItemID WHERE Items.GENRES IN ("*")', '"*" is a value of EVENT_TYPE only'),
    29: ('INCLUDE ItemID WHERE ITEMS.GENRES IN ("Horror")', None),
    30: ("INCLUDE ItemID WHERE Items.YEAR >= 1970 AND Items.YEAR < 1995", None),
    31: ("INCLUDE ItemID WHERE Items.PRICE <= $PRICE", None),
    32: ("INCLUDE ItemID WHERE Items.PRICE <= $PRICE", None),
    33: ("INCLUDE ItemID WHERE Items.PRICE > ($PRICE)", None),
    34: ("EXCLUDE ItemID WHERE Items.PRICE < 10", None),
    35: ("INCLUDE ItemID WHERE Items.PRICE != 10", None),
    36: ("INCLUDE ItemID WHERE Items.PRICE = 10.0", None),
    37: ("INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > $DATE", None),
    38: ("INCLUDE ItemID WHERE Items.CATEGORY > 5", "> compares numbers, and Items.CATEGORY is a string"),
    39: ('INCLUDE ItemID WHERE Items.PRICE <= "10"', "<= compares numbers; write the number without quotes"),
    40: ('INCLUDE ItemID WHERE Items.IN_STOCK IN ("True")', None),
    41: ('INCLUDE ItemID WHERE Items.ON_SALE IN ("true")', "Items.ON_SALE is boolean"),
    42: ('INCLUDE ItemID WHERE Items.DESCRIPTION IN ("space")', "Items.DESCRIPTION is textual"),
    43: ('INCLUDE ItemID WHERE Items.COLOUR IN ("red")', "has no column COLOUR"),
    44: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("film") AND Items.PRICE < 10', None),
    45: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("short") OR Items.PRICE > 12', None),
    46: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("short") OR Items.CATEGORY IN ("film") AND Items.PRICE > 5', None),
    47: (
        'INCLUDE ItemID WHERE (Items.CATEGORY IN ("short") OR Items.PRICE > 12) AND Items.IN_STOCK IN ("True")',
        "At character 22, expected a dataset such as Items; conditions are not grouped by brackets.",
    ),
    48: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") AND Interactions.EVENT_TYPE IN ("Click")',
        "tests one dataset",
    ),
    49: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") '
        '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
        None,
    ),
    50: (
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase") '
        '| INCLUDE ItemID WHERE Items.CATEGORY IN ("film")',
        None,
    ),
    51: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("short") | INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Click")',
        None,
    ),
    52: (
        'EXCLUDE ItemID WHERE Items.CATEGORY IN ("short") | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Click")',
        None,
    ),
    53: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") '
        '| INCLUDE ItemID WHERE Items.CATEGORY IN ("series") '
        '| EXCLUDE ItemID WHERE Items.GENRES IN ("Horror") '
        '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Click")',
        None,
    ),
    54: ("INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($E)", None),
    55: ("EXCLUDE ItemID WHERE Items.PRICE < 20 IF CurrentUser.AGE > 18 AND CurrentUser.AGE < 30", None),
    56: ("EXCLUDE ItemID WHERE Items.PRICE < 20 IF CurrentUser.AGE > 18 AND CurrentUser.AGE < 30", None),
    57: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF CurrentUser.AGE > 18', None),
    58: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF CurrentUser.MEMBERSHIP = $M', None),
    59: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF CurrentUser.COUNTRY IN ("GB","IE")', None),
    60: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF CurrentUser.AGE > 18 OR CurrentUser.AGE < 5',
        "OR. At character 73, expected AND, | or the end; conditions behind IF are joined by AND only.",
    ),
    61: ("INCLUDE ItemID WHERE CurrentUser.AGE > 18", "CurrentUser stands only behind IF"),
    62: ('INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF Items.PRICE > 5', "IF tests columns of CurrentUser only"),
    63: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") IF CurrentUser.AGE > 18 IF CurrentUser.AGE < 30',
        "Invalid input symbol: IF. At character 73",
    ),
    64: ("INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE", None),
    65: ("INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES", None),
    66: ("EXCLUDE ItemID WHERE Items.GENRES NOT IN CurrentItem.GENRES", None),
    67: ("INCLUDE ItemID WHERE Users.AGE > 18", "Users cannot be tested for ItemID"),
    68: ("INCLUDE UserID WHERE Users.MEMBERSHIP IN ($M)", None),
    69: ("EXCLUDE UserID WHERE Users.AGE < 30", None),
    70: ('exclude UserId where users.country in ("JP")', None),
    71: ('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Click")', None),
    72: ('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Click, Purchase")', None),
    73: ('INCLUDE UserID WHERE Items.CATEGORY IN ("film")', "Items cannot be tested for UserID"),
    74: ('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("Taken")', None),
    75: ("INCLUDE ActionID WHERE Actions.VALUE > ($VALUE)", None),
    76: ("INCLUDE ActionID WHERE Actions.REPEAT_FREQUENCY > 3", "REPEAT_FREQUENCY leaves actions out by itself"),
    77: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") | EXCLUDE UserID WHERE Users.AGE < 30',
        "UserID after ItemID",
    ),
    78: ('INCLUDE ItemID Items.CATEGORY IN ("film")', "Invalid input symbol: Items. At character 16, expected WHERE."),
    79: ("INCLUDE ItemID WHERE Items.CATEGORY IN ()", "Invalid input symbol: ). At character 41"),
    80: ('INCLUDE ItemID WHERE Items.CATEGORY IN "film"', 'Invalid input symbol: "film". At character 40'),
    81: ('INCLUDE ItemID WHERE Items.CATEGORY LIKE "fi%"', "Invalid input symbol: LIKE. At character 37"),
    82: (
        'INCLUDE ItemID WHERE NOT Items.CATEGORY IN ("film")',
        "Invalid input symbol: Items. At character 26, expected a dot.",
    ),
    83: ("INCLUDE ItemID WHERE Items.ITEM_ID IN ($IDS)", None),
    84: (
        'INCLUDE ItemID WHERE Items.CATEGORY IN ("film") |',
        "At character 50: The expression ends here; expected INCLUDE or EXCLUDE.",
    ),
    85: ("INCLUDE ItemID WHERE Items.YEAR IN (1994, 2010)", None),
    86: (r'INCLUDE ItemID WHERE Items.CATEGORY IN ("fi\"lm")', None),
    87: ('INCLUDE ItemID WHERE Items.CATEGORY = "film"', None),
    88: ("INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > $DATE", None),
    89: ("EXCLUDE ItemID WHERE Items.GENRES IN ($G) AND Items.PRICE > 12", None),
}
"""By number: the expression, and what its refusal says; None where it is valid."""
