"""The image's one entry point: Lambda's runtime client where Lambda runs it, the SageMaker entry elsewhere."""

from __future__ import annotations

import os
import sys

HANDLER = "training_container.function.lambda_handler"


def command(environment: dict[str, str], arguments: list[str]) -> list[str]:
    """What to run with this interpreter. Lambda tells its containers where its runtime API is, SageMaker does not."""
    if "AWS_LAMBDA_RUNTIME_API" in environment:
        return ["-m", "awslambdaric", HANDLER]
    return ["-m", "training_container.entry", *arguments]


def main() -> None:
    # exec, so that the signals of whoever stops the container reach the job itself.
    os.execv(sys.executable, [sys.executable, *command(dict(os.environ), sys.argv[1:])])  # noqa: S606


if __name__ == "__main__":
    main()
