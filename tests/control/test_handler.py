"""The control function: what it loads, and that it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from lambdas.control.handler import build
from reco.settings import environment_for
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S, Bench
from tests.wire.asking import event_for
from tests.wire.clients import REGION

HEAVY = {"numpy", "pandas", "duckdb", "scipy"}
PROGRAM = """
import json, sys
from moto import mock_aws
from reco.settings import environment_for

with mock_aws():
    import boto3
    from tests.aws import make_table
    make_table(boto3.client("dynamodb"), "resources")
    before = set(sys.modules)
    from lambdas.control.handler import build
    handle = build(json.loads(sys.argv[1]))
    answered = []
    for event in json.loads(sys.argv[2]):
        answer = handle(event, None)
        answered.append([answer["statusCode"], sorted(set(sys.modules) - before)])
print(json.dumps(answered))
"""


def test_a_fresh_function_loads_no_library_of_numbers_or_tables_and_a_grammar_only_to_create_filters() -> None:
    group = f"arn:aws:personalize:{REGION}:123456789012:dataset-group/g"
    asked = {"name": "f", "datasetGroupArn": group, "filterExpression": "INCLUDE ItemID WHERE Items.PRICE > 1"}
    events = [
        event_for("CreateDatasetGroup", {"name": "g"}),
        event_for("DescribeDatasetGroup", {"datasetGroupArn": group}),
        event_for("ListFilters", {}),
        event_for("CreateFilter", asked),
    ]
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(environment("resources")), json.dumps(events)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **credentials},
    )
    *others, (status, loaded) = json.loads(run.stdout.splitlines()[-1])

    assert [answered for answered, _ in others] == [200, 200, 200]
    assert all("reco.control.operations" in modules for _, modules in others)
    assert not any((HEAVY | {"lark"}) & set(modules) for _, modules in others)
    assert status == 400, "the group has no items whose price could be asked for"
    assert "lark" in loaded
    assert not HEAVY & set(loaded)


def environment(table: str) -> dict[str, str]:
    machines = {
        f"{name}_machine": f"arn:aws:states:{REGION}:123456789012:stateMachine:{name}"
        for name in ("import", "train", "deploy", "recommender")
    }
    settings = environment_for(
        resources_table=table,
        events_table="events",
        schedule_group="schedules",
        schedule_role="arn:aws:iam::123456789012:role/scheduler",
        transition_s=TRANSITION_S,
        pointer_cache_s=POINTER_CACHE_S,
        quotas="",
        permissions="",
        customer_key="",
        data_keys="",
        **machines,
    )
    return {**settings, "AWS_REGION": REGION, "AWS_LAMBDA_FUNCTION_NAME": "Control"}


def test_the_function_answers_events_of_the_gateway_and_of_its_own(bench: Bench) -> None:
    handle = build(environment(bench.table.name))

    arranged = handle({"automatic_training": "arrange"}, None)
    assert arranged == {"said": "arranged the schedules of 0 solutions and 0 recommenders"}
    answer = handle(event_for("CreateDatasetGroup", {"name": "g"}), None)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "datasetGroupArn": f"arn:aws:personalize:{REGION}:123456789012:dataset-group/g"
    }
