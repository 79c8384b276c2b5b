"""Statements that several roles share, each with exact actions and the ARNs they act on."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3


def table_rights(table: dynamodb.ITable, *actions: str) -> iam.PolicyStatement:
    """`actions` without their prefix, on the table itself; there are no indexes."""
    return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in actions], resources=[table.table_arn])


def read_objects(bucket: s3.IBucket, prefixes: Sequence[str]) -> list[iam.PolicyStatement]:
    """May read under these prefixes, and list the bucket.

    Listing is not held to the prefixes: with a condition on s3:prefix, S3 answers a read of an absent object with 403
    instead of 404, and absence is an answer here (a result that is not there yet).
    """
    return [
        iam.PolicyStatement(
            actions=["s3:GetObject"], resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
        ),
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
    ]


def write_objects(bucket: s3.IBucket, prefixes: Sequence[str]) -> iam.PolicyStatement:
    """May write under these prefixes, large files in parts too."""
    return iam.PolicyStatement(
        actions=["s3:PutObject", "s3:AbortMultipartUpload"],
        resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
    )


def key_rights(key: kms.IKey | None) -> list[iam.PolicyStatement]:
    """What reading and writing encrypted tables, objects and streams takes; nothing where AWS owns the keys."""
    if key is None:
        return []
    return [
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], resources=[key.key_arn]
        )
    ]


def volume_key_rights(keys: Sequence[str]) -> list[iam.PolicyStatement]:
    """What SageMaker needs to encrypt a job's disk with one of the keys: it hands the disk's service a grant."""
    if not keys:
        return []
    return [
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=list(keys),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
    ]


def group_key_rights(keys: Sequence[str], *actions: str) -> list[iam.PolicyStatement]:
    """`actions` without their prefix, on the keys that dataset groups may have; nothing where none is listed.

    A key's own policy has the last word: it must let the account's policies speak for it, as the one that KMS writes
    for a new key does.
    """
    return [iam.PolicyStatement(actions=[f"kms:{action}" for action in actions], resources=list(keys))] if keys else []


def through_s3(stack: cdk.Stack, statements: Sequence[iam.PolicyStatement]) -> list[iam.PolicyStatement]:
    """The same rights, as long as it is S3 that asks for whom may read or write an object."""
    for statement in statements:
        statement.add_condition("StringEquals", {"kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}"})
    return list(statements)
