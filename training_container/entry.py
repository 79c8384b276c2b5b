"""`python -m training_container.entry train|import|propose|trial`: one job as SageMaker runs it.

Reads what to do under /opt/ml (or $RECO_ML_ROOT), writes the result beside the specification in S3. Exit codes: 0 done,
1 failed, 143 stopped by SIGTERM; /opt/ml/output/failure says why, in one line that begins with who is to blame (user,
algorithm or platform). SageMaker runs an image with the argument `train` unless told otherwise, so the command in the
hyperparameters counts before the argument.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from training_container.job import Job
    from training_container.layout import ContainerFolders

# Before anything imports numpy: one thread for each BLAS call, so that sums run in a fixed order.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

COMMANDS = ("train", "import", "propose", "trial")
STOPPED = 128 + signal.SIGTERM
STOPPING = {signal.SIGTERM, signal.SIGINT}


class StopWatch:
    """Ends the process when it is told to stop, whatever it is doing.

    A Python signal handler runs only between bytecodes of the main thread, so a long query or matrix product would
    delay it. Here the signals are blocked for all threads, and a thread of its own waits for them.
    """

    def __init__(self, folders: ContainerFolders) -> None:
        self._folders = folders
        self.job: Job | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        threading.Thread(target=self._wait, name="stop", daemon=True).start()

    def _wait(self) -> NoReturn:
        signal.sigwait(STOPPING)
        from reco.errors import PlatformFault

        fault = PlatformFault("The job was stopped before it had finished.")
        if self.job is None:
            self._folders.write_failure(fault.blame, fault.message)
        elif not self.job.give_up(fault):
            os._exit(0)
        print("stopped", flush=True)
        # Not sys.exit: threads inside C code would be waited for.
        os._exit(STOPPED)


def main(arguments: Sequence[str]) -> int:
    """The process: watches for the order to stop, runs the job, returns the exit code."""
    from training_container.layout import folders_for

    folders = folders_for(os.environ)
    watch = StopWatch(folders)

    import boto3

    from training_container.job import Job

    watch.job = Job(folders, boto3.Session())
    return run(watch.job, arguments)


def run(job: Job, arguments: Sequence[str]) -> int:
    """Does the job, or says why not; returns the exit code."""
    from reco.errors import PlatformFault
    from training_container.job import fault_of

    try:
        job.run(_asked(arguments, job.folders))
    except Exception as error:
        fault = fault_of(error)
        print(f"{fault.blame}: {fault.message}", file=sys.stderr, flush=True)
        job.give_up(fault)
        return 1
    except SystemExit as error:
        job.give_up(PlatformFault(f"The job's process ended itself ({error.code})."))
        return 1
    return 0


def _asked(arguments: Sequence[str], folders: ContainerFolders) -> dict[str, str]:
    """Command and specification; the hyperparameters count before the argument.

    Raises:
        PlatformFault: there is no such command, or there are several hosts.
    """
    from reco.errors import PlatformFault

    folders.require_one_host()
    asked = folders.hyperparameters()
    command = asked.get("command", arguments[0] if arguments else "")
    if command not in COMMANDS:
        raise PlatformFault(f'The command "{command}" is none of {", ".join(COMMANDS)}.')
    return {**asked, "command": command}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
