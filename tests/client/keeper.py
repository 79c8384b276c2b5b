"""A shop's configuration file, and a control plane whose time passes, and whose machines end, while somebody waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reco.arns import Kind, parse_arn
from reco.client.apply_account import Account
from reco.client.apply_configuration import Configuration
from reco.client.apply_format import read_configuration
from reco.client.apply_plan import Step, plan
from reco.client.apply_steps import Applying, Outcome
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_PENDING
from tests.control.conftest import Bench

SETTINGS = ("solution_version_arn", "min_provisioned_tps", "campaign_config", "recommender_config")
"""What an update may change."""

QUICKLY_S = 8.0
"""Less than a status lasts (TRANSITION_S), so that each is seen; more than a second, so that few looks are needed."""

SHOP = Path(__file__).parents[2] / "docs" / "samples" / "shop.json"


@dataclass
class Keeper:
    """Keeps a shop: its file, and the account it is applied to."""

    bench: Bench
    folder: Path
    document: dict[str, Any] = field(default_factory=lambda: json.loads(SHOP.read_text()))
    failing: dict[Kind, str] = field(default_factory=dict)
    """By kind: the reason with which its machine ends."""
    hanging: bool = False
    """No machine comes to an end."""
    ended: int = 0

    @property
    def client(self) -> Any:
        return self.bench.client

    @property
    def file(self) -> Path:
        path = self.folder / "shop.json"
        path.write_text(json.dumps(self.document))
        return path

    def read(self) -> Configuration:
        return read_configuration(self.file)

    def steps(self) -> dict[str, Step]:
        """What is to be done, by place in the file."""
        return {step.wanted.path: step for step in plan(self.read(), Account(self.client))}

    def actions(self) -> dict[str, str]:
        """As `steps`, without what is kept."""
        return {path: step.action.value for path, step in self.steps().items() if step.action != "keep"}

    def apply(self, **options: Any) -> Outcome:
        return Applying(self.client, timeout_s=600, sleep=self.sleep, **options).run(self.read())

    def sleep(self, seconds: float) -> None:
        """Time passes, quicker than it seems, and all machines that were started come to their end."""
        self.bench.pass_time(max(seconds, QUICKLY_S))
        if self.hanging:
            return
        for arn, _, _ in self.bench.machines.started[self.ended :]:
            self._end(arn)
        self.ended = len(self.bench.machines.started)

    def _end(self, arn: str) -> None:
        name = parse_arn(arn)
        assert name is not None
        resource = self.bench.table.get(name.kind, name.resource_id)
        if resource is None:
            return
        reason = self.failing.get(name.kind)
        if resource.inner.get("update", {}).get("status") == CREATE_PENDING:
            update = resource.inner["update"]
            settings = {key: value for key, value in update.items() if key in SETTINGS}
            self.bench.table.update(
                name.kind,
                name.resource_id,
                lambda current: replace(
                    current,
                    body={**current.body, **settings},
                    inner={**current.inner, "update": {**update, "status": ACTIVE, "updated_at": self.bench.now}},
                ),
            )
        elif resource.status != ACTIVE:
            trained = {"metrics": {"coverage": 0.5}, "artefact": {"uri": "s3://b/m/", "digest": "0" * 64}}
            more = trained if name.kind is Kind.SOLUTION_VERSION else {}
            self.bench.end_job(arn, CREATE_FAILED if reason else ACTIVE, reason, **more)

    def calls(self) -> list[str]:
        """Names of the operations that are called from now on, as they come."""
        names: list[str] = []
        self.client.meta.events.register(
            "provide-client-params.personalize", lambda model, **_: names.append(model.name)
        )
        return names


@pytest.fixture
def keeper(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    made = Keeper(bench, tmp_path)
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=made.sleep))
    yield made
