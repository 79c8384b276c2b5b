"""CloudFormation types that moto cannot make: acknowledged, kept with their resolved properties, or turned into others.

A type is here because somebody decided that the laptop may go without it, or because another module of `local` plays
its part. An unknown type stops the deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

ACKNOWLEDGED: Mapping[str, str] = {
    "AWS::ApiGatewayV2::Api": "the front takes its place",
    "AWS::ApiGatewayV2::Authorizer": "signatures are not checked here",
    "AWS::ApiGatewayV2::Integration": "the front calls the function it names",
    "AWS::ApiGatewayV2::Route": "the front follows it",
    "AWS::ApiGatewayV2::Stage": "there is one stage; no throttling, no access log",
    "AWS::CDK::Metadata": "for AWS's statistics only",
    "AWS::CloudWatch::Alarm": "nobody is woken by a laptop",
    "AWS::CloudWatch::CompositeAlarm": "nobody is woken by a laptop",
    "AWS::CloudWatch::Dashboard": "nobody looks at it here",
    "AWS::Cognito::IdentityPool": "browsers sign with any key here",
    "AWS::Cognito::IdentityPoolRoleAttachment": "browsers sign with any key here",
    "AWS::KinesisFirehose::DeliveryStream": "local.firehose takes its place",
    "AWS::Lambda::EventInvokeConfig": "asynchronous calls are not retried here",
    "AWS::Lambda::Permission": "calls are not authorised here",
    "AWS::Logs::LogStream": "whoever writes makes its own",
    "AWS::Logs::MetricFilter": "no metric is made from logs",
    "AWS::Logs::QueryDefinition": "no query is run on logs",
    "AWS::Logs::ResourcePolicy": "calls are not authorised here",
    "AWS::ResourceGroups::Group": "a view of the console",
    "AWS::S3::BucketPolicy": "moto honours a Deny without its condition, so TLS only would mean never",
    "AWS::SNS::TopicPolicy": "calls are not authorised here",
    "AWS::SQS::QueuePolicy": "calls are not authorised here",
    "AWS::Scheduler::Schedule": "nothing runs by the clock here",
    "AWS::Scheduler::ScheduleGroup": "made after the stacks; nothing runs by the clock here, `reco train-due` does",
    "AWS::XRay::ResourcePolicy": "nothing is traced here",
}

TABLE_PROPERTIES = frozenset(
    (
        *("TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "TimeToLiveSpecification"),
        *("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "StreamSpecification"),
    )
)


@dataclass
class Acknowledgements:
    """What one deployment acknowledged: by type and physical name, the properties with every reference resolved."""

    made: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def of(self, resource_type: str) -> dict[str, dict[str, Any]]:
        return self.made.get(resource_type, {})


def as_moto_knows_it(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource under the nearest type moto has; the same object when it is already one."""
    if resource["Type"] == "AWS::DynamoDB::GlobalTable":
        kept = {name: value for name, value in resource["Properties"].items() if name in TABLE_PROPERTIES}
        return {**resource, "Type": "AWS::DynamoDB::Table", "Properties": kept}
    return resource


def _acknowledging_class(resource_type: str, acknowledgements: Acknowledgements) -> type:
    from moto.core.common_models import CloudFormationModel

    class Acknowledged(CloudFormationModel):
        # moto files a model by the second part of its module's name.
        __module__ = "local.resource_types"

        def __init__(self, name: str, account: str, region: str) -> None:
            self.name, self.account, self.region = name, account, region

        @property
        def physical_resource_id(self) -> str:
            return self.name

        @staticmethod
        def cloudformation_name_type() -> str:
            return ""

        @staticmethod
        def cloudformation_type() -> str:
            return resource_type

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return True

        def get_cfn_attribute(self, attribute_name: str) -> str:
            if attribute_name.endswith("Arn"):
                service = resource_type.split("::")[1].lower()
                return f"arn:aws:{ARN_SERVICES.get(service, service)}:{self.region}:{self.account}:{self._arn_end()}"
            return f"{self.name}-{attribute_name}"

        def _arn_end(self) -> str:
            return f"{resource_type.split('::')[2].lower()}/{self.name}"

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
        ) -> Acknowledged:
            properties = cloudformation_json.get("Properties", {})
            name = str(properties.get(NAME_PROPERTIES.get(resource_type, ""), resource_name))
            acknowledgements.made.setdefault(resource_type, {})[name] = properties
            return cls(name, account_id, region_name)

        @classmethod
        def update_from_cloudformation_json(cls, original_resource: Any, *_: Any, **__: Any) -> Any:
            return original_resource

        @classmethod
        def delete_from_cloudformation_json(cls, *_: Any, **__: Any) -> None:
            pass

    return Acknowledged


ARN_SERVICES = {"kinesisfirehose": "firehose"}

NAME_PROPERTIES = {
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Scheduler::ScheduleGroup": "Name",
}


@contextmanager
def acknowledging() -> Iterator[Acknowledgements]:
    """Teaches moto the acknowledged types while the block runs."""
    from moto.cloudformation import parsing

    from local.patching import patched

    acknowledgements = Acknowledgements()
    classes = {name: _acknowledging_class(name, acknowledgements) for name in ACKNOWLEDGED}
    models = {model.cloudformation_type(): model for model in parsing.get_model_list()} | classes
    names = {name: model.cloudformation_name_type() for name, model in models.items()}
    with patched(
        parsing,
        get_model_list=lambda: list(models.values()),
        get_model_map=lambda: models,
        get_name_type_map=lambda: names,
    ):
        yield acknowledgements


def make_schedule_groups(acknowledged: Acknowledgements, client: Callable[[str], Any]) -> None:
    """Makes the groups of schedules, which moto has and its CloudFormation lacks."""
    for name in acknowledged.of("AWS::Scheduler::ScheduleGroup"):
        client("scheduler").create_schedule_group(Name=name)


def unknown_types(template: Mapping[str, Any]) -> list[str]:
    """Types of a template that neither moto nor this module knows, sorted; call it while acknowledging."""
    from moto.cloudformation import parsing

    known = parsing.get_model_map().keys() | set(parsing.NULL_MODELS)
    types = {resource["Type"] for resource in template["Resources"].values()}
    return sorted(name for name in types - known if not name.startswith("Custom::"))
