"""What a handler pays for the wire when it starts: modules and models, not seconds."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from reco.wire.dispatch import respond
from reco.wire.gateway import gateway_event
from reco.wire import service_models

event = gateway_event({method!r}, {path!r}, "", {{"X-Amz-Target": {target!r}}}, b"{{}}", "1", "eu-west-1", None, "r", 0)
response = respond(event, {{}}, lambda: 0.0, region="eu-west-1")
print(json.dumps([response["statusCode"], service_models.service_model.cache_info().misses, sorted(sys.modules)]))
"""
NEVER = {"boto3", "botocore.session", "botocore.client", "numpy", "pandas", "pydantic"}


def started(method: str, path: str, target: str = "") -> tuple[int, int, set[str]]:
    program = PROGRAM.format(method=method, path=path, target=target)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    status, models, modules = json.loads(run.stdout)
    return status, models, set(modules)


def test_the_control_handler_loads_one_model_and_no_client() -> None:
    status, models, modules = started("POST", "/", "AmazonPersonalize.ListSchemas")
    assert (status, models) == (400, 1)
    assert not NEVER & modules


def test_the_other_handlers_never_load_the_large_model() -> None:
    status, models, modules = started("POST", "/events")
    assert (status, models) == (400, 2)
    assert not NEVER & modules
