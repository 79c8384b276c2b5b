"""What the service adds to the smallest request of a create: these defaults, and no member more.

Clients compare what is described with what they asked for, and update for ever what differs. Source: control-plane
reference, C.2, F.5, H and L.2.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import describing
from tests.conformance.requests import CONTROL, smallest
from tests.conformance.world import World

DEFAULTS: dict[str, dict[str, Any]] = {
    "CreateBatchInferenceJob": {"numResults": 25, "batchInferenceJobMode": "BATCH_INFERENCE"},
    "CreateBatchSegmentJob": {"numResults": 25},
    "CreateCampaign": {"minProvisionedTPS": 1},
    "CreateDatasetExportJob": {"ingestionMode": "PUT"},
    "CreateDatasetImportJob": {"importMode": "FULL", "publishAttributionMetricsToS3": False},
    "CreateSolution": {"performHPO": False, "performAutoML": False, "performAutoTraining": True},
    "CreateSolutionVersion": {"trainingMode": "FULL", "trainingType": "MANUAL", "solutionConfig": {}},
}
FROM_ELSEWHERE = {
    "CreateEventTracker": {"accountId", "trackingId"},
    "CreateSolutionVersion": {"name", "performHPO", "performAutoML", "recipeArn", "datasetGroupArn"},
}
"""Members that are drawn, or are the solution's."""
ALWAYS = {"status", "creationDateTime", "lastUpdatedDateTime"}


@pytest.mark.parametrize("operation", [name for name in CONTROL if describing(name)])
def test_a_create_of_the_least_is_shown_with_the_services_defaults_and_nothing_else(
    world: World, operation: str
) -> None:
    request = smallest(world, operation)
    answer = world.send(operation, request)
    describe, member = describing(operation) or ("", "")
    (shown,) = (
        value for name, value in world.send(describe, {member: answer[member]}).items() if name != "ResponseMetadata"
    )
    added = {name: value for name, value in shown.items() if name not in request and name != member}
    expected = DEFAULTS.get(operation, {})
    assert {name: added[name] for name in expected} == expected
    always = ALWAYS - ({"status"} if operation == "CreateSchema" else set())
    assert set(added) == expected.keys() | FROM_ELSEWHERE.get(operation, set()) | always
