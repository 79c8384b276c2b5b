"""`reco configure-client`: lets unmodified boto3 programs and the AWS CLI sign for API Gateway."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command("configure-client")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path.home() / ".reco" / "models",
    show_default=True,
    help="Where the three files go.",
)
@click.option("--endpoint", help="URL of the API, for the lines to paste.")
def configure_client(folder: Path, endpoint: str | None) -> None:
    """Write three model extras for AWS_DATA_PATH, and print the lines to paste into a shell."""
    from reco.client.signing import write_extras

    try:
        folder = folder.expanduser().resolve()
        paths = write_extras(folder)
    except (OSError, RuntimeError) as error:
        raise click.ClickException(
            f"{folder} cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from error
    click.echo(f"wrote {len(paths)} files under {folder}", err=True)
    click.echo(f"export AWS_DATA_PATH={shlex.quote(str(folder))}")
    for service in ("PERSONALIZE", "PERSONALIZE_EVENTS", "PERSONALIZE_RUNTIME"):
        if endpoint:
            click.echo(f"export AWS_ENDPOINT_URL_{service}={shlex.quote(endpoint.rstrip('/'))}")
