"""`reco diff`, `reco apply`, `reco destroy`: a configuration file beside an account."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reco.cli.service import Trouble, print_json, service_options, told

if TYPE_CHECKING:
    from reco.client.apply_configuration import Configuration, NotApplied
    from reco.client.apply_plan import Step
    from reco.client.waiters import Watch

DIFFERS, UNDONE = 1, 1

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
_timeout = click.option(
    "--timeout",
    type=click.FloatRange(0, 7 * 24 * 3600),
    default=6 * 3600,
    show_default=True,
    help="Seconds after which to give a resource up.",
)


@click.command()
@_file
@_json
@service_options
def diff(file: Path, as_json: bool, region: str | None, endpoint: str | None, profile: str | None) -> None:
    """Show what `reco apply FILE` would do. Changes nothing.

    Exit status: 0 nothing to do, 1 there are differences, 2 the file or the service cannot be read.
    """
    from reco.client.apply_account import Account
    from reco.client.apply_plan import changes, plan

    with told():
        configuration, client = _prepared(file, _Progress(as_json), region, endpoint, profile)
        steps = plan(configuration, Account(client))
    if as_json:
        print_json({"steps": [_as_json(step) for step in steps], **_not_applied_json(configuration)})
    else:
        from reco.cli.apply_table import not_applied_lines, table

        for line in (*table(steps), *not_applied_lines(configuration.not_applied)):
            click.echo(line)
    click.get_current_context().exit(DIFFERS if changes(steps) else 0)


@click.command()
@_file
@_timeout
@_json
@service_options
def apply(
    file: Path, timeout: float, as_json: bool, region: str | None, endpoint: str | None, profile: str | None
) -> None:
    """Make the account as FILE says, and wait until it is. Safe to repeat, and to go on with after a kill.

    Exit status: 0 it is so, 1 something failed or must be recreated by hand, 2 the file or the service cannot be read.
    """
    from reco.client.apply_steps import Applying

    progress = _Progress(as_json)
    with told("Interrupted. What was begun goes on by itself; the same command goes on from there."):
        configuration, client = _prepared(file, progress, region, endpoint, profile)
        applying = Applying(client, timeout_s=timeout, tell=progress.tell, watch_of=progress.watch_of)
        outcome = applying.run(configuration)
    if as_json:
        print_json(
            {
                "changes": [{**_as_json(change.step), "arn": change.arn} for change in outcome.changes],
                "failures": [vars(failure) for failure in outcome.failures],
                **_not_applied_json(configuration),
            }
        )
    else:
        from reco.cli.apply_table import not_applied_lines

        for line in not_applied_lines(configuration.not_applied):
            click.echo(line)
        for failure in outcome.failures:
            click.echo(f"failed: {failure.path}: {failure.reason}")
        click.echo(f"{file}: {_counted(len(outcome.changes), 'change')}, {_counted(len(outcome.failures), 'failure')}.")
    click.get_current_context().exit(UNDONE if outcome.failures else 0)


@click.command()
@_file
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--whole-group", is_flag=True, help="Also what lies in the dataset group and FILE does not name.")
@_timeout
@_json
@service_options
def destroy(
    file: Path,
    yes: bool,
    whole_group: bool,
    timeout: float,
    as_json: bool,
    region: str | None,
    endpoint: str | None,
    profile: str | None,
) -> None:
    """Delete the dataset group of FILE with all that FILE names, and wait until it is gone.

    Import and batch jobs cannot be deleted; they stay in the service's lists, or go with their dataset. Data in S3 is
    never touched.

    Exit status: 0 all is gone, 1 something would not go or the answer was no, 2 the file or the service cannot be
    read, or the group has what FILE does not name.
    """
    from botocore.exceptions import ClientError, WaiterError

    from reco.client.destroying import destroy as delete_all
    from reco.client.destroying import find_doomed
    from reco.client.refusals import in_one_line

    progress = _Progress(as_json)
    with told("Interrupted. What is being deleted goes all the same; the same command goes on from there."):
        configuration, client = _prepared(file, progress, region, endpoint, profile)
        doomed = find_doomed(configuration, client)
        strangers = [each for each in doomed if not each.in_file]
        if strangers and not whole_group:
            listed = "\n".join(f"  {each.said}  {each.arn}" for each in strangers)
            raise Trouble(
                f"{configuration.group.name} has resources that {file} does not name, and cannot go without them:\n"
                f"{listed}\nNothing was deleted. --whole-group deletes them too."
            )
        if doomed and not yes:
            if as_json:
                raise Trouble("--json does not ask: add --yes.")
            for each in doomed:
                click.echo(f"  {each.said}  {each.arn}", err=True)
            click.confirm("Delete these?", abort=True, err=True)
        try:
            farewell = delete_all(doomed, client, timeout_s=timeout, tell=progress.tell, watch_of=progress.watch_of)
        except (ClientError, WaiterError) as error:
            raise click.ClickException(in_one_line(error)) from error
    if as_json:
        print_json(
            {
                "deleted": [{"kind": each.kind.value, "name": each.name, "arn": each.arn} for each in farewell.deleted],
                "kept": [{"arn": each.arn, "reason": reason} for each, reason in farewell.kept],
            }
        )
        return
    for each, reason in farewell.kept:
        click.echo(f"kept: {each.said}: {reason}")
    click.echo(f"{_counted(len(farewell.deleted), 'resource')} deleted.")


class _Progress:
    """Lines on standard error, each with the seconds since the command began; none beside JSON."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def tell(self, line: str) -> None:
        if not self._quiet:
            click.echo(f"{time.monotonic() - self._began:6.0f} s  {line}", err=True)

    def watch_of(self, arn: str) -> Watch:
        """Tells the statuses of one resource."""
        from reco.cli.wait import Progress

        return Progress(arn, self._began, quiet=self._quiet)


def _prepared(
    file: Path, progress: _Progress, region: str | None, endpoint: str | None, profile: str | None
) -> tuple[Configuration, Any]:
    from reco.client.apply_format import read_configuration
    from reco.client.connecting import connect

    configuration, client = read_configuration(file), connect(region, endpoint, profile)
    progress.tell(f"looking at what there is at {client.meta.endpoint_url}")
    return configuration, client


def _as_json(step: Step) -> dict[str, Any]:
    return {
        "path": step.wanted.path,
        "kind": step.wanted.kind.value,
        "name": step.wanted.name,
        "action": step.action.value,
        "arn": step.arn,
        "differences": [
            {"member": each.member, "actual": each.actual, "wanted": each.wanted} for each in step.differences
        ],
        "tags": dict(step.tags or {}),
        "note": step.advice or step.note,
    }


def _not_applied_json(configuration: Configuration) -> dict[str, list[dict[str, Any]]]:
    entries: list[NotApplied] = list(configuration.not_applied)
    return {"notApplied": [{"path": each.path, "value": each.value, "reason": each.reason} for each in entries]}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
