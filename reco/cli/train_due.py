"""`reco train-due`: fires the schedules of automatic training that are due, where nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime

import click


@click.command("train-due")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="Fire what is due at this time, UTC; now by default.",
)
@click.option("--region", help="Region of the deployment.")
@click.option("--stack", default="RecoApi", show_default=True, help="Stack that has the API.")
def train_due(at: datetime | None, region: str | None, stack: str) -> None:
    """Train the solutions and recommenders whose schedule is due and that got new data since their last training.

    AWS does this by itself. `reco up` has no clock: call this now and then, or from cron, with the environment that
    `reco up` printed.
    """
    from reco.client.due_trainings import arrange, find_deployment, fire_due
    from reco.client.stacks import make_client, told
    from reco.errors import RecoError

    now = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    try:
        deployment = find_deployment(make_client("cloudformation", region), stack)
        functions = make_client("lambda", region)
        fired = []
        with told(f"The schedules of {stack} cannot be looked at"):
            click.echo(arrange(functions, deployment), err=True)
            for each in fire_due(make_client("scheduler", region), functions, deployment.group, now):
                click.echo(f"{each.arn}, due {each.due:%Y-%m-%d %H:%M}: {each.said}")
                fired.append(each)
    except RecoError as error:
        raise click.ClickException(error.message) from error
    if not fired:
        click.echo("No schedule has been due yet.", err=True)
    failed = sum(each.failed for each in fired)
    if failed:
        raise click.ClickException(f"{failed} of {len(fired)} could not be looked at; call this again later.")
