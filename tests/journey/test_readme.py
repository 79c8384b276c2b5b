"""The README's examples, run as they stand against the whole stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.process import StackProcess
from local.sample_shop import make_shop, to_csv

README = (Path(__file__).parents[2] / "README.md").read_text()
ROOT = Path(__file__).parents[2]


def _environment(world: StackProcess) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    credentials = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
    return {**kept, **credentials, "AWS_ENDPOINT_URL": world.endpoint}


@pytest.fixture(scope="module")
def session(world: StackProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the README's Python prints, one block after the other, in a folder with somebody's own interactions.csv."""
    folder = tmp_path_factory.mktemp("own-data")
    shop = make_shop(seed=11, users=120)
    (folder / "interactions.csv").write_bytes(to_csv(shop.interactions[["USER_ID", "ITEM_ID", "TIMESTAMP"]]))
    program = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=_environment(world),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_python_session_runs_as_it_stands_and_ends_with_a_changed_answer(session: str) -> None:
    lines = session.splitlines()
    assert "normalized_discounted_cumulative_gain_at_10" in lines[0]
    before = [line.split()[0] for line in lines[1:6]]
    after = [entry["itemId"] for entry in json.loads(lines[6].replace("'", '"'))]
    assert len(set(before)) == len(set(after)) == 5
    assert before != after


@pytest.mark.parametrize("command", re.findall(r"^aws (personalize\S* .*)$", README, re.MULTILINE))
def test_the_lines_for_the_aws_cli_answer(world: StackProcess, session: str, command: str) -> None:
    campaign = world.client("personalize").list_campaigns()["campaigns"][-1]["campaignArn"]
    arguments = command.replace("CAMPAIGN_ARN", campaign).replace("USER", "user-0001").split()
    cli = Path(sys.executable).with_name("aws")
    ran = subprocess.run(
        [str(cli), *arguments], env=_environment(world), capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer.get("itemList") or answer.get("datasetGroups")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_line_for_curl_is_answered(world: StackProcess, session: str) -> None:
    campaign = world.client("personalize").list_campaigns()["campaigns"][-1]["campaignArn"]
    (command,) = re.findall(r"```\n(curl .*?)```", README, re.DOTALL)
    given = command.replace("CAMPAIGN_ARN", campaign).replace("USER", "user-0001")
    environment = {**_environment(world), "API_URL": world.endpoint, "AWS_SESSION_TOKEN": "any"}
    ran = subprocess.run(
        ["bash", "-c", given], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert len(json.loads(ran.stdout)["itemList"]) == 5, ran.stderr


def test_the_lines_that_measure_a_recipe_run_as_they_stand(tmp_path: Path) -> None:
    (commands,) = re.findall(r"```\n(\.venv/bin/python -m local\.sample_shop .*?)```", README, re.DOTALL)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    ran = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "NDCG@10" in ran.stdout


def test_every_page_that_the_readme_points_to_exists() -> None:
    pages = re.findall(r"\]\(([^)]+)\)", README)
    assert pages
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_every_make_target_and_command_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)) <= targets
    from reco.cli.main import VERBS

    assert set(re.findall(r"reco ([a-z-]+)(?= [-A-Z`\"])", README)) <= set(VERBS)
