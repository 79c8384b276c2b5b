"""The stack in a process of its own, as `reco up` starts it: for tests and benchmarks, which use moto themselves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

START_S = 600.0
"""For one that hangs: what ends early is noticed at once, and a machine that is busy may take minutes."""
STOP_S = 180.0


class StackProcess:
    """`reco up` from `__enter__` to `__exit__`; `kill` ends it as a power cut would."""

    def __init__(
        self,
        port: int = 0,
        data_dir: Path | None = None,
        overrides: Mapping[str, str] | None = None,
        assembly: Path | None = None,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = ("--verbose",),
    ) -> None:
        """`overrides` are settings of the functions, `environment` variables of the process, `options` of `reco up`."""
        self._arguments = [*options, "--port", str(port)]
        if data_dir:
            self._arguments += ["--data-dir", str(data_dir)]
        if assembly:
            self._arguments += ["--assembly", str(assembly)]
        for name, value in (overrides or {}).items():
            self._arguments += ["--set", f"{name}={value}"]
        self._environment = {**os.environ, **(environment or {})}
        self.endpoint = ""
        self.lines: list[str] = []
        """Everything it printed."""

    def __enter__(self) -> StackProcess:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "reco.cli.main", "up", *self._arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment,
        )
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=[ready], daemon=True)
        self._reader.start()
        if not ready.wait(START_S) or not self.endpoint:
            self.kill()
            raise RuntimeError("the stack did not start:\n" + "\n".join(self.lines))
        return self

    def _read(self, ready: threading.Event) -> None:
        for line in self._process.stdout or ():
            self.lines.append(line.rstrip("\n"))
            found = re.search(r"export AWS_ENDPOINT_URL=(\S+)", line)
            if found:
                self.endpoint = found[1]
            if line.startswith("Ctrl-C"):
                ready.set()
        ready.set()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ends it as Ctrl-C does; its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        status = self._process.wait(STOP_S)
        self._reader.join(5)
        return status

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """Ends it without a word."""
        self._process.kill()
        self._process.wait()

    @cached_property
    def _clients(self) -> Any:
        from local.clients import Clients

        return Clients("us-east-1")

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client that uses the port."""
        return self._clients.make(service, endpoint_url=self.endpoint, **settings)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stacks' outputs, by key."""
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return {o["OutputKey"]: o["OutputValue"] for stack in stacks for o in stack.get("Outputs", [])}
