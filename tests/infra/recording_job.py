"""The jobs' entry, with every call to AWS printed for `test_rights_in_use` to read."""

from __future__ import annotations

import json
import os
import sys

from tests.infra.calls import MARK, recording
from training_container.entry import main

if __name__ == "__main__":
    # One write a line: S3's transfers call from several threads.
    with recording(lambda _, call: os.write(1, f"\n{MARK}{json.dumps(call)}\n".encode()), lambda: "Job"):
        code = main(sys.argv[1:])
    sys.exit(code)
