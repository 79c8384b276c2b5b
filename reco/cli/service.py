"""What every verb that talks to the service shares: where it is, and how a refusal becomes one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

Command = Callable[..., Any]


def service_options(command: Command) -> Command:
    """Adds --region, --endpoint and --profile."""
    for option in (
        click.option("--profile", help="Profile of ~/.aws; AWS_PROFILE otherwise."),
        click.option("--endpoint", help="URL of the API; AWS_ENDPOINT_URL otherwise, Amazon Personalize without it."),
        click.option("--region", help="Region; AWS_DEFAULT_REGION otherwise."),
    ):
        command = option(command)
    return command


class Trouble(click.ClickException):
    """One line on standard error, and an exit status that differs from that of an answer "no"."""

    exit_code = 2


class Interrupted(click.ClickException):
    """One line on standard error, and the exit status that shells give Ctrl-C."""

    exit_code = 130


@contextmanager
def told(interrupted: str = "") -> Iterator[None]:
    """Turns what is wrong with the input, the environment or the answer into one line and exit status 2.

    Args:
        interrupted: what to know after a Ctrl-C; without it, click's own word.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from reco.client.refusals import in_one_line
    from reco.errors import RecoError

    try:
        yield
    except KeyboardInterrupt:
        if not interrupted:
            raise
        raise Interrupted(interrupted) from None
    except RecoError as error:
        raise Trouble(error.message) from error
    except (ClientError, BotoCoreError) as error:
        raise Trouble(in_one_line(error)) from error


def print_json(document: object) -> None:
    """One document on standard output, for a program to read."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
