"""What the control plane is asked in a full account: each operation that reads or creates, with fresh names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.full_account import Account, Copied
from reco.arns import Kind
from reco.recipes import RECIPES
from tests.control.conftest import INTERACTIONS, RECIPE, ROLE
from tests.control.every_kind import EXPRESSION, FOR_YOU, METRIC
from tests.control.jobs import PLACES

Parameters = Mapping[str, Any]
Question = Callable[[int], Parameters]
"""The parameters of the call of this number."""

_USERS = json.dumps(
    {
        "type": "record",
        "name": "Users",
        "fields": [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}],
    }
)
_SOURCE = {"dataLocation": "s3://no-such-bucket/a.csv"}


def describing(account: Account) -> dict[str, Question]:
    """By operation; call after call asks for another resource."""
    recipes = {"algorithm": "algorithm_arn", "recipe": "arn", "feature_transformation": "feature_transformation_arn"}

    def question(kind: Kind) -> tuple[str, Question]:
        word = "".join(part.capitalize() for part in kind.value.split("-"))
        member = f"{word[0].lower()}{word[1:]}Arn"
        return f"Describe{word}", lambda number: {member: account.journey(number).arns[kind]}

    def declared(word: str, attribute: str) -> tuple[str, Question]:
        name = "".join(part.capitalize() for part in word.split("_"))
        member = f"{name[0].lower()}{name[1:]}Arn"
        return f"Describe{name}", lambda number: {member: getattr(RECIPES[number % len(RECIPES)], attribute)}

    return dict([*map(question, Kind), *(declared(word, attribute) for word, attribute in recipes.items())])


def listing(account: Account) -> dict[str, Question]:
    """By operation; the whole account's lists, a page of a hundred, and the two lists that name a resource."""
    plain = [kind for kind in Kind if kind is not Kind.METRIC_ATTRIBUTION]
    words = ["".join(part.capitalize() for part in kind.value.split("-")) for kind in plain]
    questions: dict[str, Question] = {f"List{word}s": lambda number: {} for word in (*words, "MetricAttribution")}
    questions["ListRecipes"] = lambda number: {}
    questions["ListMetricAttributionMetrics"] = lambda number: {
        "metricAttributionArn": account.journey(number).arns[Kind.METRIC_ATTRIBUTION]
    }
    questions["ListTagsForResource"] = lambda number: {"resourceArn": account.journey(number).arns[Kind.CAMPAIGN]}
    return questions


def creating(account: Account, users: str) -> dict[str, Question]:
    """By operation, for what has no state machine; `users` is the ARN of a schema of users (`users_schema`)."""

    def at(number: int) -> Copied:
        return account.journey(number)

    return {
        "CreateSchema": lambda n: {"name": f"made-{n}", "schema": INTERACTIONS},
        "CreateDatasetGroup": lambda n: {"name": f"made-{n}"},
        "CreateDataset": lambda n: {
            "name": f"made-{n}",
            "datasetGroupArn": at(n).arns[Kind.DATASET_GROUP],
            "schemaArn": users,
            "datasetType": "Users",
        },
        "CreateEventTracker": lambda n: {"name": f"made-{n}", "datasetGroupArn": at(n).shop},
        "CreateFilter": lambda n: {
            "name": f"made-{n}",
            "datasetGroupArn": at(n).arns[Kind.DATASET_GROUP],
            "filterExpression": EXPRESSION,
        },
        "CreateSolution": lambda n: {
            "name": f"made-{n}",
            "datasetGroupArn": at(n).arns[Kind.DATASET_GROUP],
            "recipeArn": RECIPE,
            "performAutoTraining": False,
        },
        "CreateMetricAttribution": lambda n: {
            "name": f"made-{n}",
            "datasetGroupArn": at(n).shop,
            "metrics": [METRIC],
            "metricsOutputConfig": {"roleArn": ROLE},
        },
        "CreateBatchInferenceJob": lambda n: {
            "jobName": f"made-{n}",
            "solutionVersionArn": at(n).arns[Kind.SOLUTION_VERSION],
            "roleArn": ROLE,
            **PLACES,
        },
        "CreateBatchSegmentJob": lambda n: {
            "jobName": f"made-{n}",
            "solutionVersionArn": at(n).segmenting,
            "roleArn": ROLE,
            **PLACES,
        },
        "CreateDatasetExportJob": lambda n: {
            "jobName": f"made-{n}",
            "datasetArn": at(n).arns[Kind.DATASET],
            "roleArn": ROLE,
            "jobOutput": PLACES["jobOutput"],
        },
        "CreateDataDeletionJob": lambda n: {
            "jobName": f"made-{n}",
            "datasetGroupArn": at(n).arns[Kind.DATASET_GROUP],
            "roleArn": ROLE,
            "dataSource": _SOURCE,
        },
    }


def starting(account: Account) -> dict[str, Question]:
    """By operation, for what a state machine makes; the machine soon fails, since there are no data."""

    def at(number: int) -> Copied:
        return account.journey(number)

    return {
        "CreateDatasetImportJob": lambda n: {
            "jobName": f"made-{n}",
            "datasetArn": at(n).arns[Kind.DATASET],
            "dataSource": _SOURCE,
            "roleArn": ROLE,
        },
        "CreateSolutionVersion": lambda n: {"solutionArn": at(n).arns[Kind.SOLUTION]},
        "CreateCampaign": lambda n: {
            "name": f"made-{n}",
            "solutionVersionArn": at(n).arns[Kind.SOLUTION_VERSION],
        },
        "CreateRecommender": lambda n: {"name": f"made-{n}", "datasetGroupArn": at(n).shop, "recipeArn": FOR_YOU},
    }


def users_schema(client: Any) -> str:
    """ARN of a schema that no group of the account has yet."""
    return str(client.create_schema(name="users-of-all", schema=_USERS)["schemaArn"])
