"""Loading moto without the services nobody deploys, and having them all the same."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_unused_services_are_not_loaded_and_come_when_they_are_called() -> None:
    code = """
from local import lean_moto
lean_moto.load()
import sys
print(sorted(name for name in lean_moto.UNUSED if f"moto.{name}" in sys.modules))
import boto3, moto
from moto import mock_aws
with mock_aws():
    print(len(boto3.client("ec2", "us-east-1").describe_regions()["Regions"]) > 5)
    boto3.client("ssm", "us-east-1").put_parameter(Name="a", Value="b", Type="String")
    print(boto3.client("route53", "us-east-1").list_hosted_zones()["HostedZones"])
"""
    assert run(code).splitlines() == ["[]", "True", "[]"]


def test_what_is_loaded_already_stays() -> None:
    code = """
import moto.ec2.models
before = moto.ec2.models
from local import lean_moto
lean_moto.load()
import sys
print(sys.modules["moto.ec2.models"] is before and moto.ec2.models is before)
"""
    assert run(code) == "True"
