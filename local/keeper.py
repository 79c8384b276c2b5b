"""Runs one command and ends it, with all its children, when this process's standard input closes.

    python -I -S keeper.py GRACE_SECONDS COMMAND...

The local stack holds the other end of that pipe: it closes it to stop a job, and the system closes it when the stack
dies, however it dies. Exit status: the command's; 128 + the signal when one ended it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(arguments: list[str]) -> int:
    grace_s = float(arguments[0])
    # A handler, not SIG_IGN: ignoring would be inherited by the command.
    signal.signal(signal.SIGTERM, lambda *_: None)
    job = subprocess.Popen(arguments[1:], stdin=subprocess.DEVNULL)  # noqa: S603

    def end_when_let_go() -> None:
        while os.read(0, 1024):
            pass
        os.killpg(0, signal.SIGTERM)
        try:
            job.wait(grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_when_let_go, daemon=True).start()
    status = job.wait()
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
