"""Container jobs as subprocesses: the image's entry under a temporary root, as SageMaker and Lambda would run it.

    ROOT/input/config/{hyperparameters,resourceconfig,inputdataconfig}.json
    ROOT/model/            what the job leaves; ROOT/output/failure says why it gave up

Each job is a process group of its own, led by `local.keeper`, which ends the group when this process lets go or dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEEPER = Path(__file__).with_name("keeper.py")
GRACE_S = 5.0
"""Between SIGTERM and SIGKILL. SageMaker gives 120 s; a laptop's user waits for this."""
FAILURE_BYTES = 1024
"""SageMaker shows this much of the failure file."""


@dataclass(frozen=True)
class ContainerJob:
    """One run of the image."""

    name: str
    arguments: Sequence[str]
    """After the entry point."""
    hyperparameters: Mapping[str, str]
    environment: Mapping[str, str]
    max_runtime_s: float
    owner: str | None = None
    """ARN of the execution that ends this job when it is stopped."""


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    exit_code: int
    failure: str
    """The failure file's beginning, else the last lines of output; empty on success."""
    stopped: bool = False
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not self.stopped and not self.timed_out


@dataclass
class _Running:
    job: ContainerJob
    process: subprocess.Popen[str]
    stopped: bool = False
    timed_out: bool = False

    def let_go(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()


@dataclass
class Containers:
    """The jobs that run now."""

    environment: Mapping[str, str]
    """What every job is given: the address of the stack, credentials, region."""
    write_line: Callable[[str, str], None] = lambda job, line: None
    """Told each line a job prints."""
    module: str = "training_container.entry"
    _running: dict[str, _Running] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _unwanted: set[str] = field(default_factory=set)
    """Jobs that were stopped before they began."""
    _closed: bool = False

    def run(self, job: ContainerJob, collect: Callable[[Path], Any] = lambda root: None) -> Ended:
        """Runs a job to its end and waits for it; `collect` may look at its root when it has succeeded."""
        root = Path(tempfile.mkdtemp(prefix="reco-ml-"))
        try:
            _lay_out(root, job.hyperparameters)
            ended = self._watch(job, root)
            if ended.succeeded:
                collect(root)
            return ended
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def _watch(self, job: ContainerJob, root: Path) -> Ended:
        with self._lock:
            if self._closed or job.name in self._unwanted:
                return Ended(128 + signal.SIGTERM, "stopped before it began", stopped=True)
            running = self._running[job.name] = _Running(job, self._start(job, root))
        alarm = threading.Timer(job.max_runtime_s, self._time_out, [running])
        alarm.daemon = True
        alarm.start()
        tail: deque[str] = deque(maxlen=20)
        process = running.process
        try:
            for line in process.stdout or ():
                tail.append(line.rstrip("\n"))
                self.write_line(job.name, tail[-1])
            exit_code = process.wait()
        finally:
            alarm.cancel()
            with self._lock:
                self._running.pop(job.name, None)
            running.let_go()
            _end_group(process.pid)
        failure = "" if exit_code == 0 else _failure(root, tail)
        return Ended(exit_code, failure, running.stopped, running.timed_out)

    def _start(self, job: ContainerJob, root: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-I", "-S", str(KEEPER), str(GRACE_S)]
        command += [sys.executable, "-m", self.module, *job.arguments]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment = {**inherited, **self.environment, **job.environment, "RECO_ML_ROOT": str(root)}
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=root,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def _time_out(self, running: _Running) -> None:
        running.timed_out = True
        running.let_go()

    def stop(self, name: str) -> None:
        """Asks a job to end, or not to begin; returns at once."""
        with self._lock:
            running = self._running.get(name)
            if running:
                running.stopped = True
                running.let_go()
            else:
                self._unwanted.add(name)

    def stop_owned(self, owner: str) -> None:
        """Asks every job of an execution to end."""
        for name in [name for name, running in list(self._running.items()) if running.job.owner == owner]:
            self.stop(name)

    def running(self) -> dict[str, int]:
        """Process group of each job that runs now."""
        with self._lock:
            return {name: running.process.pid for name, running in self._running.items()}

    def close(self) -> None:
        """Ends every job, waits until they are gone, and starts no more."""
        with self._lock:
            self._closed = True
            processes = [running.process for running in self._running.values()]
        for name in self.running():
            self.stop(name)
        for process in processes:
            try:
                process.wait(GRACE_S + 1)
            except subprocess.TimeoutExpired:
                _end_group(process.pid)


def _lay_out(root: Path, hyperparameters: Mapping[str, str]) -> None:
    for folder in ("input/config", "input/data", "model", "output/data"):
        (root / folder).mkdir(parents=True)
    configuration = {
        "hyperparameters": dict(hyperparameters),
        "resourceconfig": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"},
        "inputdataconfig": {},
    }
    for name, content in configuration.items():
        (root / "input" / "config" / f"{name}.json").write_text(json.dumps(content))


def _failure(root: Path, tail: deque[str]) -> str:
    path = root / "output" / "failure"
    if path.is_file():
        return path.read_bytes()[:FAILURE_BYTES].decode(errors="replace").strip()
    return "\n".join(tail)[-FAILURE_BYTES:]


def _end_group(leader: int) -> None:
    """Ends what a job left running in its group; usually nothing."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
