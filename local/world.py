"""The whole stack in this process: moto in memory, the deployed template, one port, real container jobs.

    with World() as world:
        world.client("personalize").list_schemas()

Handlers reach moto through its in-process hooks; container jobs, and clients, by the port. Nothing below `local`
knows that it is not on AWS.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local.clients import CREDENTIAL, Clients
from local.front import Application
from reco.errors import RecoError

ASSEMBLY = Path(__file__).parent.parent / "build" / "cdk.out"

OVERRIDES: Mapping[str, str] = {
    "RECO_DATA_BUCKETS": "*",
    "RECO_DATA_KEYS": "*",
    "RECO_TRANSITION_SECONDS": "0.1",
    "RECO_POINTER_CACHE_SECONDS": "1",
}
"""What the laptop sets otherwise than the template: one person, no hurry saved by waiting."""


SWITCH_S = 0.0005

_STANDING = threading.Lock()


class World:
    """A stack that stands between `__enter__` and `__exit__`; one at a time in a process, any number in turn."""

    def __init__(
        self,
        port: int = 0,
        data_dir: Path | None = None,
        overrides: Mapping[str, str] | None = None,
        assembly: Path = ASSEMBLY,
        report: Callable[[str], None] = lambda line: None,
        announce: Callable[[str], None] | None = None,
        job_module: str = "training_container.entry",
        region: str | None = None,
    ) -> None:
        """
        Args:
            region: None takes AWS_DEFAULT_REGION or AWS_REGION, us-east-1 where neither is set.
            job_module: what container jobs run; tests have their own.
            port: 0 takes any that is free.
            data_dir: where every acknowledged write is kept for the next start; None keeps nothing.
            overrides: environment variables of the functions, over `OVERRIDES`.
            report: told a line at a time what happens: deployment, jobs' output, faults of functions that the product
                foresees.
            announce: told what a person should know: jobs that failed, errors that nobody foresaw; None: `report`.
        """
        self._wanted_port = port
        self._data_dir = data_dir
        self._overrides = {**OVERRIDES, **(overrides or {})}
        self._assembly = assembly
        self._report = report
        self._announce = announce or report
        self._job_module = job_module
        self._wanted_region = region
        self._exits = ExitStack()
        self._closing = False
        self._journal: Any = None
        self.outputs: Mapping[str, str] = {}
        """The stacks' outputs, by key."""

    def __enter__(self) -> World:
        """
        Raises:
            DeploymentFailed, PortUnusable, DataDirectoryUnusable: as their modules say.
            RuntimeError: another stack stands in this process.
        """
        if not _STANDING.acquire(blocking=False):
            raise RuntimeError("one stack at a time in a process: moto has one state")
        with ExitStack() as exits:
            exits.callback(_STANDING.release)
            self._start(exits.enter_context, exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _start(self, use: Callable[[Any], Any], exits: ExitStack) -> None:
        from local import lean_moto

        lean_moto.load()
        from moto import mock_aws
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from local import dispatch, execution_requests, identities, kept_requests, object_keys, state_machines, tables
        from local.containers import Containers
        from local.deployer import deploy, quick_parsing
        from local.firehose import Streams, buffering, read_destinations
        from local.front import Front, read_api
        from local.functions import Functions, in_process
        from local.garbage import Collector, collecting_when_idle
        from local.notices import Notices
        from local.resource_types import acknowledging, make_schedule_groups
        from local.server import Server
        from local.training_jobs import running_jobs

        use(_environment(self._wanted_region))
        self.region = os.environ["AWS_DEFAULT_REGION"]
        server = Server(self._wanted_port)
        exits.callback(server.close)
        self.endpoint = f"http://127.0.0.1:{server.port}"
        use(mock_aws(config=state_machines.MOTO_CONFIGURATION))
        self._clients = Clients(self.region)
        self.containers = Containers(self.environment(), write_line=self._write_line, module=self._job_module)
        self.functions = Functions(self.region, self._overrides, self.containers, self._write_line, self._report_error)
        use(dispatch.remembering())
        use(tables.quick())
        use(in_process(self.functions))
        use(running_jobs(self.containers, self.inner_client))
        use(state_machines.executing(self.containers, self._clients, self._execution_ended))
        use(execution_requests.answering())
        use(identities.managed_policies())
        use(object_keys.keys_enforced(self.region))
        seeded = use(kept_requests.seeding())
        acknowledged = use(acknowledging())
        with state_machines.unchecked(), quick_parsing():
            deployment = deploy(self._assembly, self.inner_client, acknowledged, self._report)
        self.outputs = deployment.outputs
        make_schedule_groups(acknowledged, self.inner_client)
        self._notices = Notices(self.region, self._call, self._noticed)
        moto: Application = DomainDispatcherApplication(create_backend_app)
        resume: Callable[[], None] = lambda: None  # noqa: E731
        if self._data_dir is not None:
            moto, resume = self._remember(use, exits, self._data_dir, moto, seeded)
        self._act_as_job_role(use)
        destinations = read_destinations(acknowledged)
        self.streams = Streams(destinations, self._write_object, self._journal)
        use(buffering(self.streams, destinations, self.region))
        exits.callback(self.streams.close)
        exits.callback(self.containers.close)
        exits.callback(state_machines.end_executions)
        exits.callback(server.close)
        exits.callback(self._notices.close)
        exits.callback(self._close)
        self.streams.start()
        self._notices.start()
        front = Front(
            api=read_api(acknowledged), call=self._call, region=self.region, identity=self._identity, other=moto
        )
        server.start(use(collecting_when_idle(Collector())).watching(front))
        exits.callback(state_machines.check_later(self._report))
        resume()

    def _remember(
        self, use: Callable[[Any], Any], exits: ExitStack, folder: Path, moto: Application, seeded: Any
    ) -> tuple[Application, Callable[[], None]]:
        """Brings back what the folder holds, and keeps what comes; the application, and what to do at the end.

        The journal is written only after everything is back, so a start that is cut off changes nothing.
        """
        from local import kept_executions, kept_objects, kept_tables
        from local.journal import Journal
        from local.kept_requests import KeptRequests

        journal = Journal(folder)
        exits.callback(journal.close)
        keeping = KeptRequests(journal, moto, seeded)
        for sentence in keeping.replay():
            self._report(sentence)
        kept_tables.restore(journal, self.region)
        kept_objects.restore(journal, self.region)
        unfinished, unnoticed = kept_executions.restore(journal, self.region)
        use(kept_tables.keeping(journal, self.region))
        use(kept_objects.keeping(journal))
        use(kept_executions.keeping(journal))
        self._journal = journal

        def resume() -> None:
            for ended in unnoticed:
                self._notices.tell(ended)
            kept_executions.resume(self.region, unfinished)

        return keeping, resume

    def _act_as_job_role(self, use: Callable[[Any], Any]) -> None:
        """Container jobs get the job role's credentials, and it the rights that callers' roles give it."""
        from local import identities

        role = self.outputs.get("JobRole")
        if role is None:
            return
        use(identities.trust_enforced(role))
        taken = self.inner_client("sts").assume_role(RoleArn=role, RoleSessionName="container")["Credentials"]
        self.containers.environment = {
            **self.environment(),
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
        }

    def _close(self) -> None:
        self._closing = True

    def _execution_ended(self, execution: Any) -> None:
        from local.kept_executions import as_kept

        if self._closing:
            # What this stop cuts off is to be run again at the next start.
            return
        ended = as_kept(execution)
        if self._journal is not None and ended.ended is not None:
            self._journal.end_execution(ended.arn, ended.ended)
        self._notices.tell(ended)

    def _noticed(self, ended: Any) -> None:
        if self._journal is not None:
            self._journal.mark_noticed(ended.arn)
        from local.notices import BAD_ENDS

        if "ResourcesTable" in self.outputs and ended.ended["status"] in BAD_ENDS:
            from local.job_lines import failure_line
            from reco.storage.resources import ResourceTable

            table = ResourceTable(self.inner_client("dynamodb"), self.outputs["ResourcesTable"])
            line = failure_line(ended, table.get)
            if line:
                self._announce(line)

    def _write_object(self, bucket: str, key: str, body: bytes) -> None:
        self.inner_client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def environment(self) -> dict[str, str]:
        """What a program is given to use this stack: address, credentials, region."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": CREDENTIAL,
            "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client that uses the port, as any program would; `settings` go to boto3."""
        return self._clients.make(service, endpoint_url=self.endpoint, **settings)

    def inner_client(self, service: str) -> Any:
        """A boto3 client that reaches moto without the port; personalize is not there."""
        return self._clients.shared(service)

    def _call(self, arn: str, event: dict[str, Any]) -> Any:
        return self.functions.invoke(self._function(arn), event)

    def _function(self, arn: str) -> Any:
        from moto.backends import get_backend

        from local.deployer import ACCOUNT

        return get_backend("lambda")[ACCOUNT][self.region].get_function(arn.rpartition(":")[2])

    def _identity(self, access_key: str) -> str:
        from moto.backends import get_backend

        from local.deployer import ACCOUNT

        _, arn, _ = get_backend("sts")[ACCOUNT]["aws"].get_caller_identity(access_key, self.region)
        return str(arn)

    def _write_line(self, job: str, line: str) -> None:
        self._report(f"{job}: {line}")

    def _report_error(self, function: str, error: Exception) -> None:
        # What the product raises itself becomes an answer or a failureReason; everything else is a defect.
        tell = self._report if isinstance(error, RecoError) else self._announce
        tell(f"{function} raised:\n{''.join(traceback.format_exception(error))}")


@contextmanager
def _environment(region: str | None) -> Iterator[None]:
    """Makes this process's AWS clients mean moto: an address from the shell would lead them to the port, or away."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DATA_PATH")):
            del os.environ[name]
    region = region or os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1"
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = region
    # The functions' metrics are lines on standard output, which is a person's terminal here.
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
    # A thread that only computes must not keep each request waiting 5 ms a turn.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        os.environ.clear()
        os.environ.update(before)
