"""What linters of infrastructure say: nothing that is not explained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.infra.templates import STACKS, Assembly

REDUNDANT_DEPENDS_ON = "W3005"
"""CDK writes a DependsOn beside the reference that says the same."""


def report(assembly: Assembly) -> dict[str, list[dict[str, object]]]:
    plugins = json.loads((assembly.folder / "validation-report.json").read_text())["pluginReports"]
    (nag,) = [plugin for plugin in plugins if plugin["pluginName"] == "AwsSolutions"]
    return dict(nag)


def acknowledged(assembly: Assembly) -> dict[str, str]:
    """Reason by finding."""
    return {
        finding.partition("::")[2]: reason
        for stack in STACKS
        for entries in json.loads((assembly.folder / f"{stack}.metadata.json").read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for finding, reason in entry["data"].items()
    }


def test_cdk_nag_finds_nothing_that_is_not_explained(assembly: Assembly) -> None:
    assert report(assembly)["conclusion"] == "success"
    assert report(assembly)["violations"] == []


def test_every_explanation_is_a_sentence_about_a_finding_that_is_there(assembly: Assembly) -> None:
    reasons = acknowledged(assembly)
    assert set(reasons) == {str(finding["ruleName"]) for finding in report(assembly)["suppressedViolations"]}
    assert len(reasons) >= 10
    for reason in reasons.values():
        assert len(reason) > 30
        assert reason.endswith(".")


def test_cfn_lint_is_clean(assembly: Assembly) -> None:
    templates = [str(assembly.folder / f"{stack}.template.json") for stack in STACKS]
    lint = Path(sys.executable).with_name("cfn-lint")
    run = subprocess.run(
        [lint, "--ignore-checks", REDUNDANT_DEPENDS_ON, "--", *templates], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
