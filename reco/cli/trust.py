"""`reco trust`: lets a deployment's jobs read data with a role that was made for Amazon Personalize."""

from __future__ import annotations

import click


def _role_arn(context: click.Context, parameter: click.Parameter, value: str) -> str:
    from reco.client.trust import is_role_arn

    if not is_role_arn(value):
        raise click.BadParameter(f"{value!r} is not the ARN of a role, such as arn:aws:iam::123456789012:role/NAME.")
    return value


@click.command()
@click.argument("role_arn", callback=_role_arn)
@click.option("--apply", "apply_it", is_flag=True, help="Change the role's trust policy; otherwise only print.")
@click.option("--region", help="Region of the deployment.")
@click.option("--stack", default="RecoJobs", show_default=True, help="Stack that has the jobs.")
@click.option("--job-role", help="ARN of the job role; read from the stack otherwise.")
@click.option("--external-id", help="The deployment's external id; read from the stack otherwise.")
def trust(
    role_arn: str, apply_it: bool, region: str | None, stack: str, job_role: str | None, external_id: str | None
) -> None:
    """Print, or with --apply add, the statement by which ROLE_ARN trusts this deployment's jobs."""
    from reco.client.stacks import make_client
    from reco.client.trust import Deployment, add_trust, find_deployment, statement_text
    from reco.errors import InvalidInput

    try:
        if job_role and external_id:
            deployment = Deployment(job_role, external_id)
        else:
            deployment = find_deployment(make_client("cloudformation", region), stack)
        if not apply_it:
            click.echo(f"Add this statement to the trust policy of {role_arn} (--apply does it):", err=True)
            click.echo(statement_text(deployment))
        elif add_trust(make_client("iam", region), role_arn, deployment):
            click.echo(f"{role_arn} now trusts {deployment.job_role}.")
        else:
            click.echo(f"{role_arn} trusts {deployment.job_role} already.")
    except InvalidInput as error:
        raise click.ClickException(error.message) from error
