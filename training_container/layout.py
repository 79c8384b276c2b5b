"""The folders of a training container, and what stands in them.

    ROOT/input/config/hyperparameters.json    {"command": ..., "specification": "s3://..."}; all values are text
    ROOT/input/config/resourceconfig.json     which host this is, of which hosts
    ROOT/input/data/CHANNEL/                  input channels; `specification` may hold specification.json
    ROOT/model/                               packed and stored by SageMaker when the job succeeds
    ROOT/output/failure                       why it failed; the first 1,024 bytes are shown
    ROOT/work/                                ours, for the job's files

Source: "How Amazon SageMaker AI Provides Training Information", docs.aws.amazon.com/sagemaker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reco.errors import PlatformFault

STANDARD_ROOT = "/opt/ml"
ROOT_VARIABLE = "RECO_ML_ROOT"
FAILURE_BYTES = 1024


@dataclass(frozen=True)
class ContainerFolders:
    """The folders under one root."""

    root: Path

    @property
    def workspace(self) -> Path:
        return self.root / "work"

    def hyperparameters(self) -> dict[str, str]:
        """What the job was started with; empty when there is no file.

        Raises:
            PlatformFault: the file is not a JSON object of texts.
        """
        path = self.root / "input" / "config" / "hyperparameters.json"
        values = self._read_object(path) if path.is_file() else {}
        wrong = [name for name, value in values.items() if not isinstance(value, str)]
        if wrong:
            raise PlatformFault(f"{path}: {wrong[0]} must be text")
        return values

    def require_one_host(self) -> None:
        """Checks that this machine is alone: a second one would do the same work again.

        Raises:
            PlatformFault: there are several hosts.
        """
        path = self.root / "input" / "config" / "resourceconfig.json"
        hosts = self._read_object(path).get("hosts", []) if path.is_file() else []
        if len(hosts) > 1:
            raise PlatformFault(f"The job was started on {len(hosts)} hosts; it runs on one (InstanceCount 1).")

    def channel_specification(self) -> str | None:
        """Text of the specification given as an input channel; None without one."""
        path = self.root / "input" / "data" / "specification" / "specification.json"
        return path.read_text() if path.is_file() else None

    def write_failure(self, blame: str, reason: str) -> None:
        """Leaves one line, `blame: reason`, where SageMaker looks for it."""
        line = " ".join(f"{blame}: {reason}".split())
        path = self.root / "output" / "failure"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(line.encode()[:FAILURE_BYTES])

    def write_model(self, name: str, text: str) -> None:
        """Leaves a file in what SageMaker stores; the artefact itself lies in S3 already."""
        folder = self.root / "model"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def _read_object(self, path: Path) -> dict[str, Any]:
        try:
            value = json.loads(path.read_text())
        except ValueError as error:
            raise PlatformFault(f"{path} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise PlatformFault(f"{path} is not a JSON object")
        return value


def folders_for(environment: Mapping[str, str]) -> ContainerFolders:
    return ContainerFolders(Path(environment.get(ROOT_VARIABLE, STANDARD_ROOT)))
