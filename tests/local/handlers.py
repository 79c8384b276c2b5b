"""Handlers of the small template in `tests.local.assembly`, built as the product's are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3

BUILT: list[Mapping[str, str]] = []
"""The environment of each build, in order."""


class BadStep(Exception):
    """What the failing function raises."""


def build(environment: Mapping[str, str]) -> Callable[[dict[str, Any], Any], Any]:
    BUILT.append(environment)
    table = environment["TABLE"]
    dynamodb = boto3.client("dynamodb", region_name=environment["AWS_REGION"])

    def handle(event: dict[str, Any], context: Any) -> Any:
        if "detail-type" in event:
            return _note(dynamodb, table, event)
        if "requestContext" in event:
            return _answer_http(event)
        if event.get("step") == "raise":
            raise BadStep("the step said no")
        if event.get("step") == "write":
            dynamodb.put_item(TableName=table, Item={"pk": {"S": event["name"]}, "sk": {"S": "written"}})
        return {"saw": event, "milliseconds_left": context.get_remaining_time_in_millis()}

    return handle


def _note(dynamodb: Any, table: str, event: dict[str, Any]) -> None:
    """Writes the event down under its execution's name; raises as often as the execution's input says."""
    detail = event["detail"]
    answer = dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": detail["name"]}, "sk": {"S": "notice"}},
        UpdateExpression="SET event = :event ADD times :one",
        ExpressionAttributeValues={":event": {"S": json.dumps(event)}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    if int(answer["Attributes"]["times"]["N"]) <= json.loads(detail["input"]).get("deaf", 0):
        raise BadStep("not now")


def _answer_http(event: dict[str, Any]) -> dict[str, Any]:
    if event["rawPath"] == "/raise":
        raise BadStep("not over HTTP either")
    if event["rawPath"] == "/large":
        return {"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "x-amzn-requestid": event["requestContext"]["requestId"]},
        "body": json.dumps(event),
    }
