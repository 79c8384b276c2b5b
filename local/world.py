"""The whole stack in this process: moto in memory, the deployed template, one port, real container jobs.

    with World() as world:
        world.client("personalize").list_schemas()

Handlers reach moto through its in-process hooks; container jobs, and clients, by the port. Nothing below `local`
knows that it is not on AWS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local.clients import CREDENTIAL, Clients

ASSEMBLY = Path(__file__).parent.parent / "build" / "cdk.out"

OVERRIDES: Mapping[str, str] = {
    "RECO_DATA_BUCKETS": "*",
    "RECO_TRANSITION_SECONDS": "0.1",
    "RECO_POINTER_CACHE_SECONDS": "1",
}
"""What the laptop sets otherwise than the template: one person, no hurry saved by waiting."""


class World:
    """A stack that stands between `__enter__` and `__exit__`; one at a time in a process, any number in turn."""

    def __init__(
        self,
        port: int = 0,
        data_dir: Path | None = None,
        overrides: Mapping[str, str] | None = None,
        assembly: Path = ASSEMBLY,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        """
        Args:
            port: 0 takes any that is free.
            data_dir: where every acknowledged write is kept for the next start; None keeps nothing.
            overrides: environment variables of the functions, over `OVERRIDES`.
            report: told a line at a time what happens: deployment, jobs' output, errors of functions.
        """
        self._wanted_port = port
        self._data_dir = data_dir
        self._overrides = {**OVERRIDES, **(overrides or {})}
        self._assembly = assembly
        self._report = report
        self._exits = ExitStack()
        self.outputs: Mapping[str, str] = {}
        """The stacks' outputs, by key."""

    def __enter__(self) -> World:
        with ExitStack() as exits:
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

        from local import state_machines, tables
        from local.containers import Containers
        from local.deployer import deploy, quick_parsing
        from local.front import Front, read_api
        from local.functions import Functions, in_process
        from local.resource_types import acknowledging
        from local.server import Server
        from local.training_jobs import running_jobs

        use(_environment())
        self.region = os.environ["AWS_DEFAULT_REGION"]
        server = Server(self._wanted_port)
        exits.callback(server.close)
        self.endpoint = f"http://127.0.0.1:{server.port}"
        use(mock_aws(config=state_machines.MOTO_CONFIGURATION))
        self._clients = Clients(self.region)
        self.containers = Containers(self.environment(), write_line=lambda job, line: self._report(f"{job}: {line}"))
        exits.callback(self.containers.close)
        self.functions = Functions(self.region, self._overrides, self.containers, report_error=self._report_error)
        use(tables.quick())
        use(in_process(self.functions))
        use(running_jobs(self.containers, self.inner_client))
        use(state_machines.executing(self.containers, self._clients))
        acknowledged = use(acknowledging())
        with state_machines.unchecked(), quick_parsing():
            deployment = deploy(self._assembly, self.inner_client, acknowledged, self._report)
        self.outputs = deployment.outputs
        front = Front(
            api=read_api(acknowledged),
            call=self._call,
            region=self.region,
            identity=self._identity,
            other=DomainDispatcherApplication(create_backend_app),
        )
        server.start(front)
        state_machines.check_later(self._report)

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

    def _report_error(self, function: str, trace: str) -> None:
        self._report(f"{function} raised:\n{trace}")


@contextmanager
def _environment() -> Iterator[None]:
    """Makes this process's AWS clients mean moto: an address from the shell would lead them to the port, or away."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DATA_PATH")):
            del os.environ[name]
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", "us-east-1"))
    os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "false")
    # The functions' metrics are lines on standard output, which is a person's terminal here.
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
