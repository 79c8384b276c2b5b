"""The `reco` command. Each verb is a module of this package, loaded when it is called."""

from __future__ import annotations

import importlib

import click

VERBS = {
    "apply": "reco.cli.apply:apply",
    "configure-client": "reco.cli.configure_client:configure_client",
    "demo": "reco.cli.demo:demo",
    "destroy": "reco.cli.apply:destroy",
    "diff": "reco.cli.apply:diff",
    "evaluate": "reco.cli.evaluate:evaluate",
    "train-due": "reco.cli.train_due:train_due",
    "trust": "reco.cli.trust:trust",
    "up": "reco.cli.up:up",
    "wait": "reco.cli.wait:wait",
}
"""By name: the module and the click command in it."""


class Verbs(click.Group):
    """Loads a verb's module at its first use, so that `reco --help` loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reco", prog_name="reco")
def main() -> None:
    """Amazon Personalize that a team owns: in its own AWS account, or whole on a laptop."""


if __name__ == "__main__":
    main()
