"""Deploys a synthesised assembly into moto's CloudFormation: the very template that would go to AWS.

What differs from AWS is said in `local.resource_types` and here: physical names are derived from the stack and the
logical id, so that a restart finds the same names again, and code assets are published empty, since handlers are
imported from the installed package.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.patching import patched
from local.resource_types import Acknowledgements, as_moto_knows_it, unknown_types

ACCOUNT = "123456789012"
QUALIFIER = "hnb659fds"
"""Of CDK's bootstrap stack; part of the parameter's and the bucket's names."""

PHYSICAL_NAMES: Mapping[str, tuple[str, int]] = {
    "AWS::DynamoDB::Table": ("TableName", 255),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName", 64),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
    "AWS::S3::Bucket": ("BucketName", 63),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80),
}
"""By type: the property that names it, and the longest name."""


class DeploymentFailed(Exception):
    """The assembly is missing, or holds what the local stack cannot make; the message says which."""


@dataclass(frozen=True)
class Deployment:
    """What stands after deploying."""

    outputs: Mapping[str, str]
    """Of all stacks together."""
    acknowledged: Acknowledgements


def physical_name(stack: str, logical_id: str, resource_type: str) -> str:
    """The name a resource gets when its template gives none: the same at every start."""
    _, limit = PHYSICAL_NAMES[resource_type]
    name = f"{stack}-{logical_id}"
    if resource_type == "AWS::S3::Bucket":
        name = name.lower()
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def deploy(
    assembly: Path, client: Callable[[str], Any], acknowledged: Acknowledgements, report: Callable[[str], None]
) -> Deployment:
    """Creates every stack of the assembly, in the order of their dependencies.

    Args:
        assembly: the folder CDK wrote (manifest.json, templates, assets).
        client: boto3 client by service name, reaching moto.
        report: told what was acknowledged without being made.
    Raises:
        DeploymentFailed: see its docstring.
    """
    from moto.moto_api._internal import mock_random

    if not (assembly / "manifest.json").is_file():
        raise DeploymentFailed(f"{assembly} holds no synthesised template: run `make synth` or `make up`")
    _bootstrap(client)
    outputs: dict[str, str] = {}
    for stack, artifact in _stacks(json.loads((assembly / "manifest.json").read_text())):
        _publish(assembly / f"{stack}.assets.json", client)
        template = json.loads((assembly / artifact["properties"]["templateFile"]).read_text())
        template = _prepared(stack, template)
        unknown = unknown_types(template)
        if unknown:
            raise DeploymentFailed(
                f"stack {stack} holds {', '.join(unknown)}: moto cannot make that, and local/resource_types.py does "
                "not say that the local stack may go without it"
            )
        cloudformation = client("cloudformation")
        # Ids that moto draws, the stack's own among them, are the same at every start.
        mock_random.seed(f"stack {stack}")
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        mock_random.seed()
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        if described["StackStatus"] != "CREATE_COMPLETE":
            raise DeploymentFailed(f"stack {stack} ended {described['StackStatus']}")
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        report(f"deployed {stack}: {len(template['Resources'])} resources")
    for resource_type, made in sorted(acknowledged.made.items()):
        report(f"acknowledged without making: {len(made)} of {resource_type}")
    return Deployment(outputs, acknowledged)


@contextmanager
def quick_parsing() -> Iterator[None]:
    """Reads templates as the JSON they are, and resolves exports once: 3 s of a start in stock moto."""
    from moto.cloudformation.models import Stack
    from moto.cloudformation.parsing import OutputMap

    parse, exports = Stack.parse_template, OutputMap.__dict__["exports"].fget

    def parse_template(template: str) -> Any:
        return json.loads(template) if template.lstrip().startswith("{") else parse(template)

    def resolved_exports(self: Any) -> Any:
        if "resolved_exports" not in self.__dict__:
            self.__dict__["resolved_exports"] = exports(self)
        return self.__dict__["resolved_exports"]

    with (
        patched(Stack, parse_template=staticmethod(parse_template)),
        patched(OutputMap, exports=property(resolved_exports)),
    ):
        yield


def _bootstrap(client: Callable[[str], Any]) -> None:
    """What `cdk bootstrap` leaves in an account, as far as templates look at it."""
    client("ssm").put_parameter(Name=f"/cdk-bootstrap/{QUALIFIER}/version", Value="30", Type="String", Overwrite=True)


def _stacks(manifest: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Name and artifact of every stack, those that others depend on first."""
    stacks = {
        name: artifact
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    ordered: list[tuple[str, Mapping[str, Any]]] = []

    def add(name: str) -> None:
        if name in stacks and all(name != done for done, _ in ordered):
            for dependency in stacks[name].get("dependencies", []):
                add(dependency)
            ordered.append((name, stacks[name]))

    for name in stacks:
        add(name)
    return ordered


def _publish(path: Path, client: Callable[[str], Any]) -> None:
    """Puts an empty archive where each file asset would be; moto wants an object there and never opens it."""
    if not path.is_file():
        return
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    s3 = client("s3")
    for asset in json.loads(path.read_text()).get("files", {}).values():
        for destination in asset["destinations"].values():
            names = {
                name: destination[name]
                .replace("${AWS::AccountId}", ACCOUNT)
                .replace("${AWS::Region}", s3.meta.region_name)
                .replace("${AWS::Partition}", "aws")
                for name in ("bucketName", "objectKey")
            }
            _make_bucket(s3, names["bucketName"])
            s3.put_object(Bucket=names["bucketName"], Key=names["objectKey"], Body=empty.getvalue())


def _make_bucket(s3: Any, bucket: str) -> None:
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=bucket, **where)


def _prepared(stack: str, template: dict[str, Any]) -> dict[str, Any]:
    """The template with types moto knows and physical names; the rules that AWS checks at deployment go."""
    resources = {}
    for logical_id, original in template["Resources"].items():
        resource = as_moto_knows_it(original)
        if resource["Type"] in PHYSICAL_NAMES:
            name, _ = PHYSICAL_NAMES[resource["Type"]]
            given = resource.get("Properties", {})
            named = given if name in given else {**given, name: physical_name(stack, logical_id, resource["Type"])}
            resource = {**resource, "Properties": named}
        resources[logical_id] = resource
    return {name: value for name, value in template.items() if name != "Rules"} | {"Resources": resources}
