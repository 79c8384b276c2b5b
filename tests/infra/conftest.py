"""The assembly that the build rule makes, made again here when its sources are newer; executions of its machines."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda.models import LambdaFunction

from infra.assets import AssetsNotBuilt, build
from infra.code import BUILT
from local.containers import Containers
from local.state_machines import MOTO_CONFIGURATION, end_executions, executing
from tests.aws import quick_moto
from tests.infra.machine_runs import CALLS, CLIENTS, Functions, Run, Start
from tests.infra.templates import Assembly

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Holds the other test processes back: a synthesis or a build of assets is done once for all."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def assembly() -> Assembly:
    with one_at_a_time("template"):
        subprocess.run(["make", "--silent", "build/template.json"], cwd=ROOT, check=True, capture_output=True)
    return Assembly(ROOT / "build" / "cdk.out")


@pytest.fixture(scope="session")
def real_assets() -> Path:
    """The folders that go to AWS, built now: seconds, once the libraries have been fetched.

    Without a network and without the libraries of an earlier build, the tests that need them are skipped; where
    `CI` is set they fail, so that no pipeline leaves them out unseen.
    """
    with one_at_a_time("assets"):
        try:
            build()
        except AssetsNotBuilt as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"needs the network once: {error}")
    return BUILT


@pytest.fixture(scope="package")
def interpreter() -> Iterator[None]:
    """One for all executions: it reads each machine's definition once, which takes longer than to run it."""
    with executing(Containers({}), CLIENTS):
        yield


@pytest.fixture
def run(interpreter: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    CALLS.clear()
    offered: dict[str, Callable[[dict[str, Any]], Any]] = {}

    def invoke(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        payload = json.loads(event) if isinstance(event, str) else event
        CALLS.append(payload)
        answer = offered[payload.get("step", "job")](payload)
        if isinstance(answer, Exception):
            return json.dumps({"errorType": answer.args[0], "errorMessage": answer.args[1]}), True, ""
        return json.dumps(answer), False, ""

    monkeypatch.setattr(LambdaFunction, "_invoke_lambda", invoke)

    def start(machine: str, functions: Functions, given: str = '{"arn": "arn:of:it"}') -> Run:
        offered.update(functions)
        return Run(machine, given)

    with quick_moto(MOTO_CONFIGURATION):
        yield start
        end_executions()
