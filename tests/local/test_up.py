"""`reco up` as a person runs it, and what is left after it was killed."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.journal import DataDirectoryUnusable, Journal
from local.process import StackProcess
from tests.local.test_state_machines import gone, wait_for


def test_it_prints_what_to_paste_and_ends_well_on_ctrl_c(small_assembly: Path) -> None:
    with StackProcess(assembly=small_assembly) as stack:
        given = dict(re.findall(r"export (\w+)=(\S+)", "\n".join(stack.lines)))
        assert given == {
            "AWS_ENDPOINT_URL": stack.endpoint,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        assert stack.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert stack.outputs["Table"] == "Storage-TableABC"
        taken = stack.endpoint.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "reco.cli.main", "up", "--port", taken, "--assembly", str(small_assembly)],
            capture_output=True,
            text=True,
        )
        assert second.returncode == 1
        assert f"port {taken} is in use" in second.stderr
        assert "Traceback" not in second.stderr
        assert stack.stop() == 0
    assert not any("Traceback" in line for line in stack.lines)


def test_without_a_template_it_says_how_to_get_one(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "reco.cli.main", "up", "--port", "0", "--assembly", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "make synth" in run.stderr
    assert "Traceback" not in run.stderr


def test_asking_for_help_loads_no_stack() -> None:
    code = "import sys, reco.cli.main as m; m.main(['--help'], standalone_mode=False); print('moto' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "False"
    assert "Amazon Personalize" in run.stdout


def test_the_server_never_loads_what_only_the_container_uses(small_assembly: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from local.world import World\n"
        f"with World(assembly=Path({str(small_assembly)!r})): print(sorted({{'duckdb', 'scipy', 'pandas'}} & "
        "sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--port", "99999"], 2, "99999 is not in the range 0<=x<=65535"),
        (["--port", "-1"], 2, "-1 is not in the range 0<=x<=65535"),
        (["--port", "0", "--data-dir", "/dev/null/x"], 1, "/dev/null/x cannot be made or written"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    small_assembly: Path, arguments: list[str], status: int, sentence: str
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "reco.cli.main", "up", "--assembly", str(small_assembly), *arguments],
        capture_output=True,
        text=True,
    )
    assert run.returncode == status
    assert sentence in run.stderr
    assert sum(line.startswith("Error: ") for line in run.stderr.splitlines()) == 1
    assert "Traceback" not in run.stderr


def test_a_data_directory_that_is_no_journal_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_text("not a database" * 1000)
    with pytest.raises(DataDirectoryUnusable, match="choose another folder"):
        Journal(tmp_path)


def test_the_region_is_the_options(small_assembly: Path) -> None:
    environment = {"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": ""}
    with StackProcess(assembly=small_assembly, environment=environment) as stack:
        assert any("AWS_DEFAULT_REGION=eu-west-3" in line for line in stack.lines)
    with StackProcess(assembly=small_assembly, options=["--region", "eu-west-1"], environment=environment) as stack:
        assert any("AWS_DEFAULT_REGION=eu-west-1" in line for line in stack.lines)


class Writers:
    """Threads that write until they are cut off, and remember what was acknowledged."""

    def __init__(self, stack: StackProcess) -> None:
        self.acknowledged: dict[str, list[str]] = {}
        self._stop = threading.Event()
        table, bucket, stream = (stack.outputs[name] for name in ("Table", "DataBucket", "EventStream"))
        dynamodb, s3, firehose, iam = (stack.client(name) for name in ("dynamodb", "s3", "firehose", "iam"))
        writers: dict[str, Callable[[str], Any]] = {
            "items": lambda name: dynamodb.put_item(TableName=table, Item={"pk": {"S": name}, "sk": {"S": "s"}}),
            "objects": lambda name: s3.put_object(Bucket=bucket, Key=f"objects/{name}", Body=name.encode() * 1000),
            "records": lambda name: firehose.put_record_batch(
                DeliveryStreamName=stream, Records=[{"Data": f"{name}\n".encode()}]
            ),
            "users": lambda name: iam.create_user(UserName=name),
        }
        self._threads = [threading.Thread(target=self._write, args=entry) for entry in writers.items()]
        for thread in self._threads:
            thread.start()

    def _write(self, kind: str, write: Callable[[str], Any]) -> None:
        done = self.acknowledged.setdefault(kind, [])
        while not self._stop.is_set():
            name = f"{kind}-{len(done)}"
            try:
                write(name)
            except Exception:
                return
            done.append(name)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_kill_9_loses_nothing_that_was_acknowledged(small_assembly: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with StackProcess(assembly=small_assembly, data_dir=data) as stack:
        execution = stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.outputs["Machine"], name="waits", input=json.dumps({"how": "wait", "name": "w"})
        )["executionArn"]
        writers = Writers(stack)
        wait_for(lambda: len(writers.acknowledged) == 4 and min(map(len, writers.acknowledged.values())) >= 10)
        stack.kill()
        writers.stop()
    with StackProcess(assembly=small_assembly, data_dir=data) as stack:
        table, bucket = stack.outputs["Table"], stack.outputs["DataBucket"]
        states, s3 = stack.client("stepfunctions"), stack.client("s3")
        pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        items = {item["pk"]["S"] for page in pages for item in page["Items"]}
        assert items >= set(writers.acknowledged["items"])
        listed = [
            entry["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="objects/")
            for entry in page["Contents"]
        ]
        assert {key.removeprefix("objects/") for key in listed} >= set(writers.acknowledged["objects"])
        last = writers.acknowledged["objects"][-1]
        assert s3.get_object(Bucket=bucket, Key=f"objects/{last}")["Body"].read() == last.encode() * 1000
        users = {
            user["UserName"]
            for page in stack.client("iam").get_paginator("list_users").paginate()
            for user in page["Users"]
        }
        assert users >= set(writers.acknowledged["users"])
        assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
        assert stack.stop() == 0
    with StackProcess(assembly=small_assembly, data_dir=data) as stack:
        s3 = stack.client("s3")
        keys = [
            entry["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
            for entry in page["Contents"]
        ]
        logged = b"".join(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys)
        assert set(logged.decode().split()) >= set(writers.acknowledged["records"])


def test_a_job_does_not_outlive_a_stack_that_was_killed(small_assembly: Path, tmp_path: Path) -> None:
    note = tmp_path / "note"
    job = {"how": "function", "name": "x", "job": {"command": "hang", "note": str(note)}}
    code = (
        "import time; from pathlib import Path; from local.world import World\n"
        f"with World(assembly=Path({str(small_assembly)!r}), job_module='tests.local.job') as world:\n"
        "    states, machine = world.client('stepfunctions'), world.outputs['Machine']\n"
        f"    states.start_execution(stateMachineArn=machine, name='x', input={json.dumps(job)!r})\n"
        "    time.sleep(600)"
    )
    stack = subprocess.Popen([sys.executable, "-c", code])
    try:
        processes = json.loads(wait_for(lambda: note.is_file() and note.read_text()))
    finally:
        stack.kill()
        stack.wait()
    wait_for(lambda: all(map(gone, processes)))


@pytest.mark.parametrize("setting", ["RECO_X"])
def test_a_setting_without_a_value_is_refused(setting: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "reco.cli.main", "up", "--set", setting], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "NAME=VALUE" in run.stderr
