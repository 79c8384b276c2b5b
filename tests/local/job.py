"""A container job for the tests of `local.containers`: does what its hyperparameters say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3


def main() -> int:
    root = Path(os.environ["RECO_ML_ROOT"])
    asked = json.loads((root / "input" / "config" / "hyperparameters.json").read_text())
    print("asked", json.dumps(asked, sort_keys=True), "with", sys.argv[1:], flush=True)
    what = asked["command"]
    if what == "fail":
        (root / "output" / "failure").write_text("user: the column price is not a number")
        return 1
    if what == "crash":
        print("about to crash", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "hang":
        if asked.get("deaf"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(asked["note"]).write_text(json.dumps([os.getpid(), child.pid]))
        time.sleep(600)
    if what == "store":
        boto3.client("s3").put_object(Bucket=asked["bucket"], Key="result", Body=os.environ.get("GIVEN", "").encode())
    (root / "model" / "model.txt").write_text("trained")
    return 0


if __name__ == "__main__":
    sys.exit(main())
