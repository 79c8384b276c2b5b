"""The CDK application: `python app.py`, or the CDK CLI by cdk.json. Needs neither credentials, Docker nor network.

python app.py                                   real assets (built before by `python -m infra.assets`) -> cdk.out
python app.py -c placeholders=true -o FOLDER    stand-ins for the assets, for the local stack and the tests
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from infra.node import use_wheel_node
from infra.options import OptionError, read_options


def main() -> None:
    parser = argparse.ArgumentParser(description="Synthesise the stacks.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="a context key")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="where the assembly goes; cdk.out by default")
    arguments = parser.parse_args()
    if bare := [pair for pair in arguments.context if "=" not in pair]:
        parser.error(f"-c {bare[0]}: write NAME=VALUE")
    context = {**_pinned_context(), **dict(pair.split("=", 1) for pair in arguments.context)}
    try:
        # What is wrong is said before Node and the CDK start, which takes seconds.
        read_options(context)
    except OptionError as error:
        raise SystemExit(f"Error: {error}") from error
    use_wheel_node()
    from infra.assembly import synthesise

    # Under the CDK CLI both come by environment variables, which CDK reads itself.
    synthesise(arguments.output or os.environ.get("CDK_OUTDIR", "cdk.out"), context)


def _pinned_context() -> dict[str, Any]:
    """cdk.json's feature flags: the CLI passes them, a plain run has to read them."""
    if "CDK_CONTEXT_JSON" in os.environ:
        return dict(json.loads(os.environ["CDK_CONTEXT_JSON"]))
    return dict(json.loads((Path(__file__).parent / "cdk.json").read_text())["context"])


if __name__ == "__main__":
    main()
