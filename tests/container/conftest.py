"""An S3 that subprocesses can reach, and a root as SageMaker lays it out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from reco.jobs.specification import ImportSpecification, to_json
from tests.aws import REGION, SESSION, reading_once
from tests.container import stand_in
from training_container import entry
from training_container.job import Job
from training_container.layout import ContainerFolders

HERE = Path(__file__).parent
ATTEMPT = "s3://home/jobs/job/attempt/"
CALLERS_ROLE = "arn:aws:iam::123456789012:role/callers"
SPECIFICATION = ImportSpecification(
    job_arn="arn:aws:personalize:eu-west-1:123456789012:dataset-import-job/monday",
    attempt="attempt",
    attempt_uri=ATTEMPT,
    source_uri="s3://callers-data/clicks.csv",
    role_arn=None,
    external_id="deployment-1",
    dataset_type="INTERACTIONS",
    schema="succeed",
    mode="FULL",
    previous=None,
    snapshot_uri="s3://home/groups/g/INTERACTIONS/attempt/",
    bad_row_share=0.05,
    minimum_rows=1,
    role_not_taken=CALLERS_ROLE,
)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class Container:
    """A root, and the subprocess that works in it."""

    root: Path
    s3: Any
    environment: dict[str, str]

    def lay_out(self, deed: str = "succeed", **hyperparameters: Any) -> None:
        """Puts the specification where it belongs; hyperparameters given replace the usual ones."""
        self.put("specification.json", to_json(replace(SPECIFICATION, schema=deed)))
        usual = {"command": "import", "specification": ATTEMPT + "specification.json"}
        self.configure("hyperparameters", {**usual, **hyperparameters})

    def configure(self, name: str, value: Any) -> None:
        folder = self.root / "input" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(value if isinstance(value, str) else json.dumps(value))

    def start(self, *arguments: str, module: str | None = None) -> subprocess.Popen[str]:
        program = ["-m", module] if module else [str(HERE / "stand_in.py")]
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            env=self.environment,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> int:
        """Exit code of the job in this process: what a process of its own adds is a second."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "training_container.importing", None)
            stand_in.install()
            session = boto3.Session("testing", "testing", region_name=REGION, botocore_session=reading_once())
            patch.setenv("AWS_ENDPOINT_URL", self.environment["AWS_ENDPOINT_URL"])
            return entry.run(Job(ContainerFolders(self.root), session), arguments)

    def run_process(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def put(self, name: str, text: str) -> None:
        self.s3.put_object(Bucket="home", Key=f"jobs/job/attempt/{name}", Body=text.encode())

    def said(self, name: str) -> dict[str, Any] | None:
        """What the container left in the attempt's folder."""
        listed = self.s3.list_objects_v2(Bucket="home", Prefix=f"jobs/job/attempt/{name}")
        if not listed["KeyCount"]:
            return None
        body = self.s3.get_object(Bucket="home", Key=f"jobs/job/attempt/{name}")["Body"].read()
        answer: dict[str, Any] = json.loads(body)
        return answer

    @property
    def failure(self) -> str:
        return (self.root / "output" / "failure").read_text()


@pytest.fixture
def container(endpoint: str, tmp_path: Path) -> Iterator[Container]:
    credentials = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
    }
    s3 = SESSION.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket="home")
    environment = {**os.environ, **credentials, "RECO_ML_ROOT": str(tmp_path), "PYTHONPATH": str(HERE.parent.parent)}
    yield Container(tmp_path, s3, environment)
    for each in s3.list_objects_v2(Bucket="home").get("Contents", []):
        s3.delete_object(Bucket="home", Key=each["Key"])
    s3.delete_bucket(Bucket="home")
