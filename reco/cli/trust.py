"""`reco trust`: lets a deployment's jobs read data with a role that was made for Amazon Personalize."""

from __future__ import annotations

import click


@click.command()
@click.argument("role_arn")
@click.option("--apply", "apply_it", is_flag=True, help="Change the role's trust policy; otherwise only print.")
@click.option("--region", help="Region of the deployment.")
@click.option("--stack", default="RecoJobs", show_default=True, help="Stack that has the jobs.")
@click.option("--job-role", help="ARN of the job role; read from the stack otherwise.")
@click.option("--external-id", help="The deployment's external id; read from the stack otherwise.")
def trust(
    role_arn: str, apply_it: bool, region: str | None, stack: str, job_role: str | None, external_id: str | None
) -> None:
    """Print, or with --apply add, the statement by which ROLE_ARN trusts this deployment's jobs."""
    import boto3

    from reco.client.trust import Deployment, add_trust, find_deployment, statement_text
    from reco.errors import InvalidInput

    try:
        if job_role and external_id:
            deployment = Deployment(job_role, external_id)
        else:
            deployment = find_deployment(boto3.client("cloudformation", region_name=region), stack)
        if not apply_it:
            click.echo(f"Add this statement to the trust policy of {role_arn} (--apply does it):", err=True)
            click.echo(statement_text(deployment))
        elif add_trust(boto3.client("iam", region_name=region), role_arn, deployment):
            click.echo(f"{role_arn} now trusts {deployment.job_role}.")
        else:
            click.echo(f"{role_arn} trusts {deployment.job_role} already.")
    except InvalidInput as error:
        raise click.ClickException(error.message) from error
