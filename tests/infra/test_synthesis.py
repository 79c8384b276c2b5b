"""Synthesis: the same every time, with stand-ins as with the real code; and with every option chosen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT
from tests.infra.templates import STACKS, Assembly

pytestmark = pytest.mark.xdist_group("assets")

HASH = re.compile(r"[0-9a-f]{64}")
LISTED = tuple(f"arn:aws:kms:eu-west-1:123456789012:key/{digit * 8}-2222-3333-4444-555555555555" for digit in "ab")
EVERY_OPTION = {
    "dataBuckets": "shop,archive",
    "instanceType": "ml.m5.2xlarge",
    "functionMemoryMb": "10240",
    "badRowShare": "0.2",
    "customerKey": "true",
    "dataKeys": ",".join(LISTED),
    "guest": "true",
    "alarmEmail": "people@example.com",
    "retainData": "false",
    "logRetentionDays": "365",
    "corsOrigins": "https://shop.example",
}


PROGRAM = """
import json, sys, app

for line in sys.stdin:
    sys.argv[1:] = json.loads(line)
    app.main()
    print("done", flush=True)
"""


class Synthesiser:
    """`python app.py`, again and again in one process: Node and the CDK take longer to start than to synthesise."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def synthesise(self, folder: Path, **context: str) -> Assembly:
        """What it writes to the folder.

        Raises:
            AssertionError: it failed, with what it said.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        chosen = [part for key, value in context.items() for part in ("-c", f"{key}={value}")]
        self._process.stdin.write(json.dumps(["-o", str(folder), *chosen]) + "\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if line == "done\n":
                return Assembly(folder)
            said.append(line)
        raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def app() -> Iterator[Synthesiser]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield Synthesiser(process)


def test_the_template_that_goes_to_aws_differs_in_its_assets_only(
    assembly: Assembly, real_assets: Path, app: Synthesiser, tmp_path: Path
) -> None:
    real = app.synthesise(tmp_path)
    for stack in STACKS:
        there, here = (json.dumps(each.template(stack)) for each in (real, assembly))
        assert HASH.sub("X", there) == HASH.sub("X", here)
        assert (there == here) == (stack in ("RecoStorage", "RecoObservability"))


@pytest.fixture(scope="module")
def chosen(app: Synthesiser, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return app.synthesise(tmp_path_factory.mktemp("chosen"), placeholders="true", **EVERY_OPTION)


def test_with_a_customer_key_all_that_keeps_data_uses_it(chosen: Assembly) -> None:
    (key,) = chosen.resources("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is True
    kept = ("AWS::DynamoDB::Table", "AWS::KinesisFirehose::DeliveryStream", "AWS::Logs::LogGroup", "AWS::SNS::Topic")
    for resource in [*chosen.resources(*kept), chosen.one("AWS::S3::Bucket", "Data")]:
        assert key.logical_id in json.dumps(resource.properties), resource.logical_id
    for function in chosen.resources("AWS::Lambda::Function"):
        assert key.logical_id in json.dumps(function.properties.get("KmsKeyArn")), function.logical_id
    users = {each.owner for each in chosen.statements() if "kms:Decrypt" in each.actions}
    assert users == {"Control", "Runtime", "Events", "Workflow", "Deployment", "Job", "EventStream"}


def test_a_key_that_is_there_is_used_and_told_to_control(app: Synthesiser, tmp_path: Path, chosen: Assembly) -> None:
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
    given = app.synthesise(tmp_path, placeholders="true", customerKey=arn)
    assert given.resources("AWS::KMS::Key") == []
    assert arn in json.dumps(given.one("AWS::S3::Bucket", "Data").properties)
    users = {each.owner for each in given.statements() if "kms:Decrypt" in each.actions}
    assert users == {each.owner for each in chosen.statements() if "kms:Decrypt" in each.actions}
    assert all(each.resources == (arn,) for each in given.statements() if "kms:Decrypt" in each.actions)
    told = given.one("AWS::Lambda::Function", "Control").properties["Environment"]["Variables"]["RECO_CUSTOMER_KEY"]
    assert told == arn


def test_each_role_may_do_with_the_listed_keys_what_its_work_with_objects_takes(chosen: Assembly) -> None:
    on_listed = [each for each in chosen.statements() if set(LISTED) & set(each.resources)]
    allowed = {
        (each.owner, action, "kms:ViaService" in str(each.condition)) for each in on_listed for action in each.actions
    }
    assert allowed == {
        ("Control", "kms:DescribeKey", False),
        ("Workflow", "kms:Decrypt", True),
        ("Workflow", "kms:GenerateDataKey", True),
        ("Job", "kms:Decrypt", False),
        ("Job", "kms:DescribeKey", False),
        ("Job", "kms:Encrypt", False),
        ("Job", "kms:GenerateDataKey", False),
        ("Job", "kms:CreateGrant", False),
        ("Deployment", "kms:Decrypt", True),
        ("Runtime", "kms:Decrypt", True),
    }
    for statement in on_listed:
        assert set(LISTED) <= set(statement.resources)
        assert all("kms" in resource or "Key" in resource for resource in statement.resources), statement
        if "kms:ViaService" in str(statement.condition):
            (service,) = statement.condition["StringEquals"].values()
            assert service["Fn::Join"][1] == ["s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]
    (granting,) = [each for each in on_listed if "kms:CreateGrant" in each.actions]
    assert granting.condition == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    told = chosen.one("AWS::Lambda::Function", "Control").properties["Environment"]["Variables"]["RECO_DATA_KEYS"]
    assert told == EVERY_OPTION["dataKeys"]


def test_no_role_may_use_any_key_where_none_is_asked_for(assembly: Assembly) -> None:
    assert not [each for each in assembly.statements() if any(action.startswith("kms:") for action in each.actions)]


def test_guests_may_send_events_slowly_and_nothing_else(chosen: Assembly) -> None:
    (statement,) = [each for each in chosen.statements() if each.owner == "Guest"]
    assert statement.actions == ("execute-api:Invoke",)
    assert statement.resources[0].endswith('/$default/POST/events"]]}')
    (stage,) = chosen.resources("AWS::ApiGatewayV2::Stage")
    assert stage.properties["RouteSettings"]["POST /events"]["ThrottlingRateLimit"] == 50


def test_other_choices_are_taken_over(chosen: Assembly) -> None:
    (subscription,) = chosen.resources("AWS::SNS::Subscription")
    assert subscription.properties["Endpoint"] == EVERY_OPTION["alarmEmail"]
    assert {each.properties["RetentionInDays"] for each in chosen.resources("AWS::Logs::LogGroup")} == {365}
    assert {each.attributes["DeletionPolicy"] for each in chosen.resources("AWS::DynamoDB::Table")} == {"Delete"}
    assert chosen.one("AWS::Lambda::Function", "Job").properties["MemorySize"] == 10_240
    variables = chosen.one("AWS::Lambda::Function", "Workflow").properties["Environment"]["Variables"]
    assert variables["RECO_INSTANCE_TYPE"] == "ml.m5.2xlarge"
    assert variables["RECO_DATA_BUCKETS"] == "shop,archive"
    assert variables["RECO_BAD_ROW_SHARE"] == "0.2"
    listed = [each for each in chosen.statements() if each.owner == "Job" and "shop" in str(each.resources)]
    assert sorted(action for each in listed for action in each.actions) == ["s3:GetObject", "s3:ListBucket"]
    (api,) = chosen.resources("AWS::ApiGatewayV2::Api")
    assert api.properties["CorsConfiguration"]["AllowOrigins"] == ["https://shop.example"]


def test_without_the_code_a_synthesis_for_aws_says_what_to_run(tmp_path: Path) -> None:
    # No synthesis: the code is looked for before the first stack is made.
    from infra.code import built_code

    with pytest.raises(FileNotFoundError, match="make synth"):
        built_code(tmp_path)
