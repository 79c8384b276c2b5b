"""The control function: what it loads, and that it answers."""

from __future__ import annotations

import json
import subprocess
import sys

from lambdas.control.handler import build
from reco.settings import environment_for
from tests.control.conftest import POINTER_CACHE_S, TRANSITION_S, Bench
from tests.wire.asking import event_for
from tests.wire.clients import REGION


def test_importing_the_handler_loads_no_library_of_numbers_or_tables() -> None:
    heavy = ["numpy", "pandas", "duckdb", "lark", "scipy"]
    program = f"import sys, json, lambdas.control.handler; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(loaded.stdout) == []


def test_the_function_answers_events_of_the_gateway_and_of_its_own(bench: Bench) -> None:
    machines = {
        f"{name}_machine": f"arn:aws:states:{REGION}:123456789012:stateMachine:{name}"
        for name in ("import", "train", "deploy", "recommender")
    }
    environment = environment_for(
        resources_table=bench.table.name,
        events_table="events",
        schedule_group="schedules",
        schedule_role="arn:aws:iam::123456789012:role/scheduler",
        transition_s=TRANSITION_S,
        pointer_cache_s=POINTER_CACHE_S,
        quotas="",
        permissions="",
        customer_key="",
        **machines,
    )
    handle = build({**environment, "AWS_REGION": REGION, "AWS_LAMBDA_FUNCTION_NAME": "Control"})

    arranged = handle({"automatic_training": "arrange"}, None)
    assert arranged == {"said": "arranged the schedules of 0 solutions"}
    answer = handle(event_for("CreateDatasetGroup", {"name": "g"}), None)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "datasetGroupArn": f"arn:aws:personalize:{REGION}:123456789012:dataset-group/g"
    }
