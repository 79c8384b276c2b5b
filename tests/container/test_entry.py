"""The entry as SageMaker runs it: files in, files out, an exit code, and a prompt end when told to stop."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.container.conftest import ATTEMPT, CALLERS_ROLE, Container


def test_a_job_that_succeeds_leaves_its_result_and_exits_with_0(container: Container) -> None:
    container.lay_out()
    code, output = container.run_process("import")
    assert code == 0, output
    assert "doing succeed" in output
    result = container.said("result.json")
    assert result is not None and result["snapshot"]["uri"].endswith("/attempt/")
    assert json.loads((container.root / "model" / "result.json").read_text()) == result
    assert not (container.root / "output" / "failure").exists()
    assert container.said("failure.json") is None


@pytest.mark.parametrize(
    ("deed", "line"),
    [
        ("refuse", "user: Input CSV is missing the following columns:[ITEM_ID]."),
        ("break", "algorithm: The job's own code failed (KeyError: 'surprise')."),
        ("fill memory", "platform: The job ran out of memory."),
        ("fill disk", "platform: The job ran out of disk."),
        ("read", 'user: Invalid Data location. The bucket "nowhere-at-all" does not exist.'),
        ("exit", "platform: The job's process ended itself (3)."),
    ],
)
def test_a_job_that_fails_says_whose_turn_it_is_in_one_line(container: Container, deed: str, line: str) -> None:
    container.lay_out(deed)
    assert container.run("import") == 1
    assert container.failure.startswith(line)
    assert "\n" not in container.failure and len(container.failure.encode()) <= 1024
    failure = container.said("failure.json")
    assert failure is not None and line == f"{failure['blame']}: {failure['reason']}"[: len(line)]
    assert container.said("result.json") is None


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ("{not json", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ({"command": "import", "specification": 7}, "must be text"),
        ({"command": "dance", "specification": ATTEMPT}, '"dance" is none of train, import, propose, trial.'),
        ({"command": "import", "specification": "nowhere"}, "The specification's address is wrong"),
        ({"command": "import", "specification": ATTEMPT + "no.json"}, "There is no specification at"),
        ({"command": "import", "specification": ATTEMPT + "bad.json"}, "The specification cannot be read"),
        ({"command": "import", "specification": ATTEMPT + "old.json"}, "specification format 0 is not 1"),
        ({"command": "train", "specification": ATTEMPT + "specification.json"}, "the specification is to import"),
        ({"command": "import"}, "the input channel specification"),
    ],
)
def test_a_start_that_makes_no_sense_is_the_platforms_fault(
    container: Container, hyperparameters: Any, words: str
) -> None:
    container.lay_out()
    container.put("bad.json", "{}}")
    container.put("old.json", '{"format_version": 0}')
    container.configure("hyperparameters", hyperparameters)
    assert container.run("import") == 1
    assert container.failure.startswith("platform: ") and words in container.failure


def test_a_bucket_that_the_job_role_may_not_read_says_that_the_callers_role_was_not_used(container: Container) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::callers-data/*"}
    container.s3.create_bucket(Bucket="callers-data")
    try:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        container.s3.put_bucket_policy(Bucket="callers-data", Policy=policy)
        container.lay_out("read theirs")
        assert container.run("import") == 1
    finally:
        container.s3.delete_bucket(Bucket="callers-data")
    assert container.failure.startswith(
        f"user: Insufficient privileges for accessing data in Amazon S3. roleArn {CALLERS_ROLE} was not used, because "
        "it does not trust this deployment; the bucket was read as the job role. The job role may not read "
        "s3://callers-data/clicks.csv."
    )


def test_several_hosts_are_refused(container: Container) -> None:
    container.lay_out()
    container.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]})
    assert container.run("import") == 1
    assert "2 hosts" in container.failure


def test_the_command_in_the_hyperparameters_counts_before_sagemakers_own_argument(container: Container) -> None:
    container.lay_out()
    assert container.run("train") == 0


def test_the_specification_may_come_by_channel(container: Container) -> None:
    container.lay_out()
    folder = container.root / "input" / "data" / "specification"
    folder.mkdir(parents=True)
    body = container.s3.get_object(Bucket="home", Key="jobs/job/attempt/specification.json")["Body"].read()
    (folder / "specification.json").write_bytes(body)
    container.configure("hyperparameters", {})
    assert container.run("import") == 0


def test_told_to_stop_it_ends_at_once_even_within_a_long_call_of_c_code(container: Container) -> None:
    container.lay_out("work in C")
    process = container.start("import")
    assert process.stdout is not None
    for line in process.stdout:
        if "within the query" in line:
            break
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert time.monotonic() - began < 5
    process.stdout.close()
    assert container.failure == "platform: The job was stopped before it had finished."
    failure = container.said("failure.json")
    assert failure == {"blame": "platform", "reason": "The job was stopped before it had finished."}
    assert container.said("result.json") is None


def test_a_failing_process_exits_with_1_and_has_loaded_nothing_that_only_training_uses(container: Container) -> None:
    container.lay_out("refuse")
    container.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    code, output = container.run_process("import")
    assert code == 1
    assert "user: Input CSV is missing the following columns" in output
    for library in ("scipy", "pandas", "numpy", "duckdb"):
        assert f" {library}\n" not in output
