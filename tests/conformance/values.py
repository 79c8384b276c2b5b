"""Values that mean something: what a member of a valid request holds where its shape alone does not say.

Sought by the member's path in its request, then by its name, then by its shape; what is found nowhere is made from
the shape (tests.wire.samples), or is the ARN of a resource of the kind in the member's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.control.conftest import KEY, RECIPE, ROLE
from tests.control.every_kind import EXPRESSION, METRIC
from tests.control.jobs import INPUT, OUTPUT
from tests.schemas import column, schema_text


@dataclass(frozen=True)
class Made:
    """Stands for an ARN that the world made under this name."""

    name: str
    tail: str = ""
    """What follows the ARN."""


INTERACTIONS = schema_text(
    "Interactions",
    column("USER_ID", "string"),
    column("ITEM_ID", "string"),
    column("TIMESTAMP", "long"),
    column("EVENT_TYPE", "string"),
    column("EVENT_VALUE", ["null", "float"]),
    column("DEVICE", ["null", "string"], categorical=True),
)
_ITEM_COLUMNS = (
    column("ITEM_ID", "string"),
    column("PRICE", "float"),
    column("TITLE", "string", itemName=True),
    column("TEXT", ["null", "string"], textual=True),
    column("CREATION_TIMESTAMP", "long"),
)
ITEMS = schema_text("Items", *_ITEM_COLUMNS)
WIDER_ITEMS = schema_text("Items", *_ITEM_COLUMNS, column("COLOUR", ["null", "string"], categorical=True))
SHOP_ITEMS = schema_text(
    "Items",
    column("ITEM_ID", "string"),
    column("PRICE", "float"),
    column("CATEGORY_L1", ["string"], categorical=True),
)
USERS = schema_text("Users", column("USER_ID", "string"), column("AGE", "int"))
ACTION_INTERACTIONS = schema_text(
    "ActionInteractions",
    column("USER_ID", "string"),
    column("ACTION_ID", "string"),
    column("EVENT_TYPE", "string"),
    column("TIMESTAMP", "long"),
)

V2 = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
SIMILAR = "arn:aws:personalize:::recipe/aws-similar-items"
SIMS = "arn:aws:personalize:::recipe/aws-sims"
SEMANTIC = "arn:aws:personalize:::recipe/aws-semantic-similarity"

OF_USERS = 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("click")'
"""A filter of what segments are made of."""

BY_PATH: Mapping[str, Any] = {
    "jobInput.s3DataSource.path": INPUT,
    "solutionConfig.eventValueThreshold": "1.5",
    "solutionConfig.algorithmHyperParameters": {"hidden_dimension": "64"},
    "solutionConfig.featureTransformationParameters": {"max_user_history_length_percentile": "0.98"},
    "solutionConfig.hpoConfig.hpoResourceConfig": {
        "maxNumberOfTrainingJobs": "4",
        "maxParallelTrainingJobs": "2",
    },
    "solutionConfig.hpoConfig.algorithmHyperParameterRanges": {
        "integerHyperParameterRanges": [{"name": "bptt", "minValue": 2, "maxValue": 8}],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [{"name": "recency_mask", "values": ["true", "false"]}],
    },
    "solutionConfig.autoMLConfig.metricName": "precision_at_25",
    "solutionConfig.autoMLConfig.recipeList": [RECIPE],
}

BY_NAME: Mapping[str, Any] = {
    "name": "fresh",
    "jobName": "fresh",
    "recipeArn": RECIPE,
    "algorithmArn": "arn:aws:personalize:::algorithm/aws-sims",
    "featureTransformationArn": "arn:aws:personalize:::feature-transformation/sims",
    "datasetType": "Users",
    "eventType": "click",
    "itemAttribute": "PRICE",
    "itemName": "TITLE",
    "metrics": [METRIC],
    "addMetrics": [{"eventType": "buy", "metricName": "revenue", "expression": "SAMPLECOUNT()"}],
    "removeMetrics": [METRIC["metricName"]],
    "publishAttributionMetricsToS3": False,
    "performAutoML": False,
    "performIncrementalUpdate": False,
    "performHPO": True,
    "trainingMode": "FULL",
    "importMode": "FULL",
    "batchInferenceJobMode": "BATCH_INFERENCE",
    "numResults": 100,
    "itemExplorationConfig": {"explorationWeight": "0.25", "explorationItemAgeCutOff": "14"},
    "rankingInfluence": {"POPULARITY": 0.0},
    "excludedDatasetColumns": {"ITEMS": ["PRICE"]},
    "includedDatasetColumns": {"ITEMS": ["PRICE"]},
}

BY_SHAPE: Mapping[str, Any] = {
    "AvroSchema": INTERACTIONS,
    "FilterExpression": EXPRESSION,
    "KmsKeyArn": KEY,
    "RoleArn": ROLE,
    "S3Location": OUTPUT,
    "SchedulingExpression": "rate(3 days)",
    "Tags": [{"tagKey": "team", "tagValue": "home"}, {"tagKey": "stage", "tagValue": ""}],
    "TagKeys": ["team", "no such key"],
}

CHOSEN: Mapping[str, Mapping[str, Any]] = {
    "CreateBatchSegmentJob": {"solutionVersionArn": Made("segmenting version"), "filterArn": Made("user filter")},
    "CreateBatchInferenceJob": {"filterArn": Made("filter")},
    "CreateDataset": {"datasetGroupArn": Made("open group"), "schemaArn": Made("users schema")},
    "CreateEventTracker": {"datasetGroupArn": Made("open group")},
    "CreateFilter": {"datasetGroupArn": Made("open group")},
    "CreateMetricAttribution": {"datasetGroupArn": Made("open group")},
    "CreateRecommender": {"datasetGroupArn": Made("shop"), "recipeArn": Made("use case")},
    "CreateSolution": {"datasetGroupArn": Made("open group")},
    "DeleteDatasetGroup": {"datasetGroupArn": Made("empty group")},
    "DeleteSchema": {"schemaArn": Made("wider schema")},
    "DeleteSolution": {"solutionArn": Made("similar solution")},
    "StartRecommender": {"recommenderArn": Made("stopped recommender")},
    "StopSolutionVersionCreation": {"solutionVersionArn": Made("training version")},
    "ListBatchSegmentJobs": {"solutionVersionArn": Made("segmenting version")},
    "ListRecommenders": {"datasetGroupArn": Made("shop")},
    "ListRecipes": {"domain": "ECOMMERCE"},
    "UpdateDataset": {"datasetArn": Made("items"), "schemaArn": Made("wider schema")},
    "UpdateMetricAttribution": {"metricAttributionArn": Made("metric attribution")},
    "ListMetricAttributionMetrics": {"metricAttributionArn": Made("metric attribution")},
}
"""By operation: values of its own, by path."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "CreateSolution": ("recipeArn",),
    "ListMetricAttributionMetrics": ("metricAttributionArn",),
    "UpdateCampaign": ("minProvisionedTPS",),
    "UpdateMetricAttribution": ("metricAttributionArn", "addMetrics"),
    "UpdateSolution": ("performAutoTraining",),
    "CreateDatasetImportJob": ("dataSource.dataLocation",),
    "CreateDataDeletionJob": ("dataSource.dataLocation",),
}
"""What the smallest valid request holds beside the members that the model requires."""


@dataclass(frozen=True)
class Variant:
    """One of the fullest requests of an operation: all members but some, and some with a value of their own."""

    without: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


_HPO = "solutionConfig.hpoConfig"
_TRAINING = "trainingDataConfig"
_SOLUTION_V1 = (f"{_HPO}.hpoObjective", "solutionConfig.eventsConfig")
_SOLUTION_V2 = (
    "eventType",
    "solutionConfig.eventValueThreshold",
    "solutionConfig.featureTransformationParameters",
    "solutionConfig.optimizationObjective",
    _HPO,
    f"solutionConfig.{_TRAINING}.excludedDatasetColumns",
)
_RECOMMENDER = f"recommenderConfig.{_TRAINING}"
_CAMPAIGN = "campaignConfig"

APART: Mapping[str, tuple[Variant, ...]] = {
    "CreateBatchInferenceJob": (
        Variant(("themeGenerationConfig",)),
        Variant(
            ("filterArn",),
            {"batchInferenceJobMode": "THEME_GENERATION", "solutionVersionArn": Made("similar version")},
        ),
    ),
    "CreateCampaign": (
        Variant(
            (f"{_CAMPAIGN}.rankingInfluence",),
            {"solutionVersionArn": Made("open solution", "/$LATEST")},
        ),
        Variant(
            (),
            {
                "solutionVersionArn": Made("semantic version"),
                f"{_CAMPAIGN}.syncWithLatestSolutionVersion": False,
            },
        ),
    ),
    "CreateRecommender": (
        Variant((f"{_RECOMMENDER}.includedDatasetColumns",)),
        Variant((f"{_RECOMMENDER}.excludedDatasetColumns",)),
    ),
    "CreateSolution": (
        Variant((*_SOLUTION_V1, f"solutionConfig.{_TRAINING}.includedDatasetColumns")),
        Variant(
            _SOLUTION_V2,
            {
                "recipeArn": V2,
                "performHPO": False,
                "solutionConfig.algorithmHyperParameters": {"apply_recency_bias": "false"},
            },
        ),
        # Only aws-sims has a number with a fraction to search for.
        Variant(
            (*_SOLUTION_V1, "solutionConfig.optimizationObjective", f"solutionConfig.{_TRAINING}"),
            {
                "recipeArn": SIMS,
                "solutionConfig.algorithmHyperParameters": {"popularity_discount_factor": "0.5"},
                f"{_HPO}.algorithmHyperParameterRanges": {
                    "continuousHyperParameterRanges": [
                        {"name": "popularity_discount_factor", "minValue": 0.25, "maxValue": 0.75}
                    ],
                },
            },
        ),
    ),
    "UpdateCampaign": (
        Variant(
            (f"{_CAMPAIGN}.rankingInfluence",),
            {"solutionVersionArn": Made("solution", "/$LATEST")},
        ),
        Variant(
            (),
            {
                "campaignArn": Made("semantic campaign"),
                "solutionVersionArn": Made("semantic version"),
                f"{_CAMPAIGN}.syncWithLatestSolutionVersion": False,
            },
        ),
    ),
    "UpdateRecommender": (
        Variant((f"{_RECOMMENDER}.includedDatasetColumns",)),
        Variant((f"{_RECOMMENDER}.excludedDatasetColumns",)),
    ),
    "UpdateSolution": (Variant((), {"solutionArn": Made("second solution")}),),
}
"""Where no one request can hold every member: several that do together. All others have one, with every member."""

NEVER_TAKEN: Mapping[tuple[str, str], str] = {
    ("CreateSolution", f"{_HPO}.hpoObjective"): (
        "The service says that it cannot be set; a request that has it is refused with the reason."
    ),
}
"""Members that no valid request can hold, with what is within them, and why."""
