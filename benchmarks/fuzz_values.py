"""Valid requests: what members may hold so that an operation goes on, drawn by the member's name or by its shape."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape

from reco.arns import Kind, Owner
from reco.recipes import RECIPES
from tests.aws import ACCOUNT
from tests.control.conftest import INTERACTIONS, ITEMS, KEY, ROLE
from tests.wire.clients import REGION
from tests.wire.samples import OPERATIONS, TIME, text, text_length

OWNER = Owner(ACCOUNT, REGION)
NAMES = tuple(f"fuzz-{number}" for number in range(12))
"""Few, so that requests meet what earlier ones made."""


@dataclass(frozen=True)
class Living:
    """ARNs of resources that are there at the beginning."""

    by_kind: Mapping[Kind, Sequence[str]]
    for_operation: Mapping[tuple[str, str], str]
    """The one that an operation takes in a member, where not any of the kind will do."""


_PLACES = ("s3://bucket/in/users.json", "s3://bucket/out/", "s3://bucket", "s3://bucket/a.csv")
USERS = (
    '{"type": "record", "name": "Users", "fields": ['
    '{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": ["null", "int"]}]}'
)
_COLUMNS = {"INTERACTIONS": ["EVENT_TYPE"], "ITEMS": ["PRICE"]}

SENSIBLE: Mapping[str, Sequence[Any]] = {
    "name": NAMES,
    "jobName": NAMES,
    "schema": (INTERACTIONS, ITEMS, USERS),
    "datasetType": ("Interactions", "ITEMS", "users", "Actions", "Action_Interactions"),
    "roleArn": (ROLE,),
    "kmsKeyArn": (KEY,),
    "recipeArn": tuple(recipe.arn for recipe in RECIPES),
    "recipeList": tuple([recipe.arn] for recipe in RECIPES),
    "algorithmArn": ("arn:aws:personalize:::algorithm/aws-sims",),
    "featureTransformationArn": ("arn:aws:personalize:::feature-transformation/sims",),
    "path": _PLACES,
    "dataLocation": _PLACES,
    "filterExpression": (
        "INCLUDE ItemID WHERE Items.PRICE > 1",
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click", "buy")',
        'INCLUDE ItemID WHERE Items.PRICE <= $PRICE | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")',
        "INCLUDE UserID WHERE Users.AGE > 3",
        "EXCLUDE ItemID WHERE NOT Items.PRICE IS NULL AND Items.ITEM_ID = CurrentUser.AGE",
    ),
    "expression": ("SAMPLECOUNT()", "SUM(Items.PRICE)", "SUM(Interactions.PRICE)"),
    "eventType": ("click", "buy"),
    "metricName": ("clicks", "bought", "seen"),
    "schedulingExpression": ("rate(1 days)", "rate(7 days)", "cron(0 * * * *)"),
    "tagKey": ("a", "team", "é"),
    "tagKeys": (["a"], ["team", "é"]),
    "removeMetrics": (["clicks"], ["bought"]),
    "trainingMode": ("FULL", "UPDATE", "AUTOTRAIN"),
    "excludedDatasetColumns": (_COLUMNS, {"ITEMS": ["ITEM_ID"]}),
    "includedDatasetColumns": (_COLUMNS, {"USERS": []}),
    "algorithmHyperParameters": ({}, {"rank": "8"}, {"factors": "32", "exploration_weight": "0.3"}),
    "itemExplorationConfig": (
        {"explorationWeight": "0.3"},
        {"explorationWeight": "0.3", "explorationItemAgeCutOff": "30"},
    ),
}
"""By the member's name as callers write it."""

WANTED = frozenset({"recipeArn", "dataLocation", "metricAttributionArn", "addMetrics", "minProvisionedTPS"})
"""Members that are optional, without which some operation mostly refuses."""


def valid_request(draw: random.Random, operation: str, living: Living) -> dict[str, Any]:
    """The required members, and none, a few or most of the others."""
    drawing = _Drawing(draw, operation, living, draw.choice((0.0, 0.15, 0.6)))
    return drawing.structure(OPERATIONS[operation].input_shape)


def kind_of(member: str) -> Kind | None:
    """The kind of resource that a member such as `datasetGroupArn` names; None for one that takes many."""
    words = "".join(f"-{each.lower()}" if each.isupper() else each for each in member.removesuffix("Arn"))
    return Kind(words) if words in set(Kind) else None


@dataclass(frozen=True)
class _Drawing:
    draw: random.Random
    operation: str
    living: Living
    share: float
    """Of the optional members, how many the request carries."""

    def structure(self, shape: Shape) -> dict[str, Any]:
        return {
            name: self.value(name, member)
            for name, member in shape.members.items()
            if name in shape.required_members or (name != "nextToken" and self.draw.random() < self._share_of(name))
        }

    def _share_of(self, member: str) -> float:
        return 0.85 if member in WANTED else self.share

    def value(self, member: str, shape: Shape) -> Any:
        """A value that the service model takes, and mostly the operation too."""
        special = self.living.for_operation.get((self.operation, member))
        if special is not None and self.draw.random() < 0.8:
            return special
        if member in SENSIBLE and self.draw.random() < 0.97:
            return self.draw.choice(SENSIBLE[member])
        if shape.name == "Arn":
            return self._arn(member)
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            most = min(3, shape.metadata.get("max", 3))
            return [self.value(member, shape.member) for _ in range(self.draw.randint(min(1, most), most))]
        if kind == "map":
            keys = shape.key.enum or [text(shape.key, text_length(shape.key, 3))]
            return {key: self.value(key, shape.value) for key in self.draw.sample(keys, min(len(keys), 2))}
        return self._plain(shape)

    def _plain(self, shape: Shape) -> Any:
        kind, limits = shape.type_name, shape.metadata
        if kind == "string":
            if shape.enum:
                return self.draw.choice(shape.enum)
            return text(shape, text_length(shape, max(limits.get("min", 0), min(8, limits.get("max", 8)))))
        if kind == "boolean":
            return self.draw.random() < 0.5
        if kind == "timestamp":
            return TIME
        least = limits.get("min", 0)
        most = limits.get("max", least + 100)
        whole = self.draw.randint(least, min(most, least + 100))
        return whole + 0.5 if kind in ("float", "double") and whole < most else whole

    def _arn(self, member: str) -> str:
        """The ARN of one that was there at the beginning, or of one that an earlier request may have made."""
        kind = kind_of(member) or self.draw.choice(list(Kind))
        there = self.living.by_kind.get(kind)
        if there and self.draw.random() < 0.75:
            return self.draw.choice(there)
        if kind is Kind.DATASET:
            return OWNER.arn(kind, f"{self._name(Kind.DATASET_GROUP)}/{self.draw.choice(('INTERACTIONS', 'ITEMS'))}")
        if kind is Kind.SOLUTION_VERSION:
            return OWNER.arn(kind, f"{self._name(Kind.SOLUTION)}/{self.draw.choice(NAMES)}")
        return OWNER.arn(kind, self.draw.choice(NAMES))

    def _name(self, kind: Kind) -> str:
        return self.draw.choice((*NAMES, *(arn.rpartition("/")[2] for arn in self.living.by_kind[kind] for _ in NAMES)))
