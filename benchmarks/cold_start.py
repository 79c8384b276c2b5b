"""Cold starts of the API's functions: import, build and first answer, each in a process of its own, without AWS.

The first answer is a refusal that every function can give alone: it reads the service model, checks the request and
writes the error. Each row is the quietest of some runs, since a cold start is a fixed amount of work. It is measured
twice: with bytecode at hand, and without, when every module is compiled anew, the standard library included. A function
whose package holds no bytecode lies in between: it cannot write any where it lies, and Lambda's own library has some.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table_row import Row
from reco.settings import environment_for

FUNCTIONS = ("runtime", "events", "control")
STEPS = ("import", "build", "first answer")
BUDGETS_S = {("runtime", "import"): 0.6}
"""CPU seconds."""

ENVIRONMENT = environment_for(
    region="us-east-1",
    resources_table="resources",
    events_table="events",
    event_stream="stream",
    data_bucket="data",
    pointer_cache_s=5,
    transition_s=5,
    import_machine="arn:aws:states:us-east-1:123456789012:stateMachine:import",
    train_machine="arn:aws:states:us-east-1:123456789012:stateMachine:train",
    deploy_machine="arn:aws:states:us-east-1:123456789012:stateMachine:deploy",
    recommender_machine="arn:aws:states:us-east-1:123456789012:stateMachine:recommender",
    function_name="control",
    schedule_group="schedules",
    schedule_role="arn:aws:iam::123456789012:role/schedules",
    quotas="",
    permissions="",
    customer_key="",
    data_keys="",
)

_PATHS = {"runtime": "/recommendations", "events": "/events", "control": "/"}

_PROGRAM = """
import json, sys, time

def clocks():
    return time.process_time(), time.perf_counter()

function, environment, path, operation, status, *libraries = sys.argv[1:]
event = {
    "rawPath": path,
    "headers": {"content-type": "application/json", "x-amz-target": f"AmazonPersonalize.{operation}"},
    "requestContext": {"accountId": "123456789012", "requestId": "r", "http": {"method": "POST", "path": path}},
    "body": "{}",
}
marks = [clocks()]
for library in libraries:
    __import__(library)
module = __import__(f"lambdas.{function}.handler", fromlist=["build"])
marks.append(clocks())
handler = module.build(json.loads(environment))
marks.append(clocks())
answer = handler(event, None)
marks.append(clocks())
assert answer["statusCode"] == int(status), answer
print(json.dumps([[after[0] - before[0], after[1] - before[1]] for before, after in zip(marks, marks[1:])]))
"""


@dataclass(frozen=True)
class Start:
    """One cold start, in seconds, by step."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]


def measure(runs: int) -> list[Row]:
    """A row for each function and step, with and without bytecode; `runs` fresh processes for each pair."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="reco-bytecode-") as bytecode:
        for function in FUNCTIONS:
            start_once(function, Path(bytecode))  # writes the bytecode
            for folder, label in ((Path(bytecode), "with bytecode"), (None, "without bytecode")):
                rows += _rows(function, label, [start_once(function, folder) for _ in range(runs)])
    return rows


def _rows(function: str, label: str, starts: list[Start]) -> list[Row]:
    rows = []
    for place, step in enumerate(STEPS):
        cpu = min(start.cpu[place] for start in starts)
        wall = min(start.wall[place] for start in starts)
        budget = BUDGETS_S.get((function, step))
        measured = f"{cpu * 1000:.0f} / {wall * 1000:.0f} ms"
        rows.append(Row(f"{function}, {step}, {label}, CPU / wall", measured, f"{budget} s" if budget else "", ""))
    cpu, wall = (min(sum(getattr(start, clock)) for start in starts) for clock in ("cpu", "wall"))
    rows.append(Row(f"{function}, whole, {label}, CPU / wall", f"{cpu * 1000:.0f} / {wall * 1000:.0f} ms", "", ""))
    return rows


def start_once(
    function: str,
    bytecode: Path | None,
    *,
    settings: Mapping[str, str] = ENVIRONMENT,
    endpoint: str | None = None,
    asks: tuple[str, int] = ("CreateSchema", 400),
    libraries: Sequence[str] = (),
) -> Start:
    """Starts a process; with a folder it reads and writes bytecode there, without one there is none.

    Args:
        settings: the function's own variables.
        endpoint: where its clients find AWS.
        asks: for control, the operation that is asked for with an empty request, and the status of its answer.
        libraries: imported first, as part of the step "import".
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    environment |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "OPENBLAS_NUM_THREADS": "1"}
    environment |= {"AWS_ENDPOINT_URL": endpoint} if endpoint else {}
    with tempfile.TemporaryDirectory(prefix="reco-no-bytecode-") as empty:
        environment["PYTHONPYCACHEPREFIX"] = str(bytecode or empty)
        if bytecode is None:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        operation, status = asks
        arguments = [function, json.dumps(dict(settings)), _PATHS[function], operation, str(status), *libraries]
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).parents[1],
        )
    pairs = json.loads(done.stdout.splitlines()[-1])
    return Start(tuple(cpu for cpu, _ in pairs), tuple(wall for _, wall in pairs))
