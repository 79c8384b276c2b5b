"""Worlds one after the other: they start from the same, leave nothing, and refuse what they cannot make."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from local.deployer import DeploymentFailed
from local.world import World
from tests.local.assembly import storage_template, write_assembly


def test_a_second_start_draws_the_same_ids(small_assembly: Path) -> None:
    drawn = []
    for _ in range(2):
        with World(assembly=small_assembly) as world:
            drawn.append(dict(world.outputs))
    assert drawn[0] == drawn[1]
    assert drawn[0]["StackId"].startswith("arn:aws:cloudformation:")


def test_what_is_not_made_is_reported(small_assembly: Path) -> None:
    told: list[str] = []
    with World(assembly=small_assembly, report=told.append):
        pass
    assert "acknowledged without making: 1 of AWS::S3::BucketPolicy" in told


def test_an_unknown_type_stops_the_deployment_and_leaves_nothing(tmp_path: Path) -> None:
    template = storage_template()
    template["Resources"]["Odd"] = {"Type": "AWS::Odd::Thing"}
    assembly = write_assembly(tmp_path, Storage=template)
    with pytest.raises(DeploymentFailed, match="stack Storage holds AWS::Odd::Thing"), World(assembly=assembly):
        pass
    with World(assembly=write_assembly(tmp_path)) as world:
        assert world.outputs["Table"] == "Storage-TableABC"


def test_a_missing_assembly_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DeploymentFailed, match="make synth"), World(assembly=tmp_path):
        pass


def test_after_the_world_moto_is_as_it_was(small_assembly: Path) -> None:
    from moto.awslambda.models import LambdaFunction
    from moto.dynamodb.models.table import Table

    before = LambdaFunction._invoke_lambda, Table.query
    with World(assembly=small_assembly):
        assert LambdaFunction._invoke_lambda is not before[0]
    assert (LambdaFunction._invoke_lambda, Table.query) == before


def test_an_address_in_the_shell_does_not_lead_handlers_astray(
    small_assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with World(assembly=small_assembly):
        assert boto3.client("dynamodb", region_name="us-east-1").list_tables()["TableNames"] == ["Storage-TableABC"]


def test_a_second_world_at_the_same_time_is_refused(small_assembly: Path) -> None:
    with (
        World(assembly=small_assembly),
        pytest.raises(RuntimeError, match="one stack at a time"),
        World(assembly=small_assembly),
    ):
        pass
