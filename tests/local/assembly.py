"""A small assembly as CDK writes them: two stacks, an API, a function, an image function and a state machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Template = dict[str, Any]


def write_assembly(folder: Path, **changed: Template) -> Path:
    """Writes manifest and templates; `changed` replaces a stack's template by its name."""
    templates = {"Storage": storage_template(), "Api": api_template(), **changed}
    artifacts: Template = {}
    # The dependent one first: order must come from the dependencies.
    for name in ("Api", "Storage"):
        (folder / f"{name}.template.json").write_text(json.dumps(templates[name]))
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": assets(name)}))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": ["Storage"] if name == "Api" else [],
        }
    artifacts["Api.assets"] = {"type": "cdk:asset-manifest"}
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return folder


def assets(stack: str) -> Template:
    if stack == "Storage":
        return {}
    bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    return {"code": {"destinations": {"here": {"bucketName": bucket, "objectKey": "code.zip"}}}}


def storage_template() -> Template:
    table = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    stream = {
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": {"Fn::GetAtt": ["DataABC", "Arn"]},
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "Prefix": "events/",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"IntervalInSeconds": 300, "SizeInMBs": 64},
        },
    }
    policy = {
        "Bucket": {"Ref": "DataABC"},
        "PolicyDocument": {
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ]
        },
    }
    return {
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            }
        },
        "Resources": {
            "DataABC": {"Type": "AWS::S3::Bucket"},
            "TableABC": {"Type": "AWS::DynamoDB::Table", "Properties": table},
            "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
            "Stream": {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": stream},
        },
        "Outputs": {
            "DataBucket": {"Value": {"Ref": "DataABC"}},
            "Table": {"Value": {"Ref": "TableABC"}, "Export": {"Name": "Storage:Table"}},
            "EventStream": {"Value": {"Ref": "Stream"}},
        },
    }


def api_template() -> Template:
    lambda_role = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    steps = {"Type": "AWS::Lambda::Function", "Properties": _function("tests.local.handlers.lambda_handler")}
    job = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "PackageType": "Image",
            "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/assets:abc"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Timeout": 60,
            "MemorySize": 1024,
            "Environment": {"Variables": {"GIVEN": "by the template"}},
        },
    }
    resources: Template = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": lambda_role}},
        "Steps": steps,
        "Job": job,
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "DefinitionString": {
                    "Fn::Join": ["", _definition_parts()],
                },
            },
        },
        "BadEnds": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.states"],
                    "detail-type": ["Step Functions Execution Status Change"],
                    "detail": {
                        "status": ["ABORTED", "FAILED", "TIMED_OUT"],
                        "stateMachineArn": [{"Ref": "Machine"}],
                    },
                },
                "State": "ENABLED",
                "Targets": [{"Arn": {"Fn::GetAtt": ["Steps", "Arn"]}, "Id": "Target0"}],
            },
        },
        "HttpApi": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "ProtocolType": "HTTP",
                "CorsConfiguration": {
                    "AllowOrigins": ["https://shop.example"],
                    "AllowMethods": ["POST"],
                    "AllowHeaders": ["authorization"],
                    "ExposeHeaders": ["x-amzn-requestid"],
                    "MaxAge": 3600,
                },
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": ["Steps", "Arn"]},
                "PayloadFormatVersion": "2.0",
            },
        },
    }
    for number, key in enumerate(("POST /", "POST /{proxy+}", "POST /recommendations")):
        resources[f"Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "RouteKey": key,
                "AuthorizationType": "AWS_IAM",
                "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]},
            },
        }
    return {
        "Resources": resources,
        "Outputs": {
            "Machine": {"Value": {"Ref": "Machine"}},
            "StepsFunction": {"Value": {"Ref": "Steps"}},
            "JobFunction": {"Value": {"Ref": "Job"}},
            "StackId": {"Value": {"Ref": "AWS::StackId"}},
        },
    }


def _function(handler: str) -> Template:
    return {
        "Code": {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}, "S3Key": "code.zip"},
        "Handler": handler,
        "Runtime": "python3.13",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Timeout": 30,
        "MemorySize": 256,
        "Environment": {"Variables": {"TABLE": {"Fn::ImportValue": "Storage:Table"}, "RECO_CHANGED": "template"}},
    }


def _definition_parts() -> list[Any]:
    """{"how": "function" | "instance" | "raise" | "wait", "name": ..., "job": {hyperparameters}} runs one of them."""
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Note"}]
    states: Template = {
        "Write": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "FUNCTION", "Payload": {"step": "write", "name.$": "$.name"}},
            "ResultPath": None,
            "Next": "How",
        },
        "How": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.how", "StringEquals": how, "Next": state}
                for how, state in {"function": "Function", "instance": "Instance", "wait": "Wait"}.items()
            ],
            "Default": "Raise",
        },
        "Raise": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "FUNCTION", "Payload": {"step": "raise"}},
            "Catch": caught,
            "Next": "Done",
        },
        "Wait": {"Type": "Wait", "Seconds": 600, "Next": "Done"},
        "Function": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "JOB", "Payload.$": "$.job"},
            "Catch": caught,
            "ResultPath": "$.result",
            "Next": "Done",
        },
        "Instance": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Parameters": {
                "TrainingJobName.$": "$.name",
                "RoleArn": "arn:aws:iam::123456789012:role/job",
                "AlgorithmSpecification": {
                    "TrainingImage": "image",
                    "TrainingInputMode": "File",
                    "ContainerArguments": ["import"],
                },
                "HyperParameters.$": "$.job",
                "Environment": {"GIVEN": "by the state"},
                "OutputDataConfig": {"S3OutputPath": "s3://storage-dataabc/jobs/"},
                "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10},
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            },
            "Catch": caught,
            "ResultPath": "$.result",
            "Next": "Done",
        },
        "Note": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
        "Done": {"Type": "Succeed"},
    }
    text = json.dumps({"StartAt": "Write", "States": states})
    parts: list[Any] = []
    for piece in text.replace("FUNCTION", "|F|").replace("JOB", "|J|").split("|"):
        parts.append({"F": {"Fn::GetAtt": ["Steps", "Arn"]}, "J": {"Fn::GetAtt": ["Job", "Arn"]}}.get(piece, piece))
    return parts
