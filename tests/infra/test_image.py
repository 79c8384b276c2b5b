"""The jobs' image as far as it can be tried without building one: its lock, its wheel, its entry point."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def python(real_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has exactly what the Dockerfile installs."""
    folder = tmp_path_factory.mktemp("image")
    uv = Path(sys.executable).with_name("uv")
    context = real_assets / "image"
    python = folder / "bin" / "python"
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    wheels = [str(wheel) for wheel in (context / "wheels").glob("*.whl")]
    subprocess.run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    subprocess.run([*install, "--require-hashes", "-r", str(context / "container.txt")], check=True)
    subprocess.run([*install, "--no-deps", "--no-index", *wheels], check=True)
    return python


def _run(python: Path, *arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    return subprocess.run(
        [str(python), *arguments],
        cwd=root,
        env={**kept, "RECO_ML_ROOT": str(root), "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("module", ["function", "importing", "proposing", "training", "tuning"])
def test_what_the_jobs_import_is_in_the_lock(python: Path, tmp_path: Path, module: str) -> None:
    ran = _run(python, "-c", f"import training_container.{module}", root=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_the_entry_point_of_the_dockerfile_runs_and_fails_as_sagemaker_expects(
    python: Path, real_assets: Path, tmp_path: Path
) -> None:
    entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", (real_assets / "image" / "Dockerfile").read_text(), re.M)[1])
    assert entry[0] == "python"
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text("{}")
    ran = _run(python, *entry[1:], "train", root=tmp_path)
    assert ran.returncode == 1, ran.stderr
    assert "specification" in (tmp_path / "output" / "failure").read_text()
