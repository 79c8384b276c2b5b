"""`reco up`: the whole stack on one port, until Ctrl-C."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from types import FrameType

import click

ENVIRONMENT = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
"""What a program needs to use the stack; the ready message has a line to paste for each."""


@click.command
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4566,
    show_default=True,
    help="Port on this machine; 0 takes any that is free.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder, so that the next start finds it. Without it nothing is kept.",
)
@click.option("--verbose", is_flag=True, help="Tell what is deployed, and what jobs and functions print.")
@click.option("--region", help="Region the stack says it is in; AWS_DEFAULT_REGION, AWS_REGION or us-east-1 otherwise.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a setting of the functions; repeatable."
)
@click.option(
    "--assembly",
    type=click.Path(file_okay=False, path_type=Path),
    help="Synthesised stacks; build/cdk.out of the checkout by default.",
)
def up(
    port: int,
    data_dir: Path | None,
    verbose: bool,
    region: str | None,
    settings: tuple[str, ...],
    assembly: Path | None,
) -> None:
    """Start the stack and serve it until Ctrl-C."""
    began = time.monotonic()
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    overrides = _overrides(settings)
    warnings.filterwarnings("ignore", module=r"moto\.")
    logging.getLogger("moto").setLevel(logging.ERROR if verbose else logging.CRITICAL)
    click.echo("Starting: moto, the deployed template, the port ...", err=True)
    from local.deployer import DeploymentFailed
    from local.journal import DataDirectoryUnusable
    from local.server import PortUnusable
    from local.world import ASSEMBLY, World

    def announce(line: str) -> None:
        click.echo(line, err=True)

    def report(line: str) -> None:
        if verbose:
            announce(line)

    try:
        with World(port, data_dir, overrides, assembly or ASSEMBLY, report, announce=announce, region=region) as world:
            # What stands now stands to the end: the collector need not look at it again.
            gc.freeze()
            click.echo(_ready(world.environment(), time.monotonic() - began))
            sys.stdout.flush()
            stop.wait()
            click.echo("Stopping ...", err=True)
    except (DataDirectoryUnusable, DeploymentFailed, PortUnusable) as error:
        raise click.ClickException(str(error)) from error


def _overrides(pairs: tuple[str, ...]) -> dict[str, str]:
    """What --set asks for, by variable.

    Raises:
        UsageError: a name or value with which no function could start.
    """
    from reco.control.permissions import read_permissions
    from reco.control.quotas import quotas_with
    from reco.settings import SETTINGS, Settings

    known = {setting.variable for setting in SETTINGS.values()}
    overrides = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise click.UsageError(f"--set {pair}: write NAME=VALUE")
        if name not in known:
            theirs = ", ".join(sorted(each for each in known if each.startswith("RECO_")))
            raise click.UsageError(f"--set {pair}: there is no such setting; there are {theirs}")
        overrides[name] = value
    try:
        chosen = Settings(overrides)
        if "RECO_QUOTAS" in overrides:
            quotas_with(chosen.quotas)
        if "RECO_PERMISSIONS" in overrides:
            read_permissions(chosen.permissions)
    except ValueError as error:
        raise click.UsageError(f"--set: {error}") from error
    return overrides


def _ready(environment: dict[str, str], seconds: float) -> str:
    lines = [f"Ready after {seconds:.1f} s. In another terminal:", ""]
    lines += [f"    export {name}={environment[name]}" for name in ENVIRONMENT]
    return "\n".join([*lines, "", "Ctrl-C stops it."])
