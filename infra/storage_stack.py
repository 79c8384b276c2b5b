"""What must outlive everything else: the data bucket, the two tables, and the stream that keeps every event."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.functions import make_log
from infra.options import Options
from infra.outputs import put_out
from reco.storage import tables
from reco.storage.layout import EVENT_LOG_PREFIX

JOBS_PREFIX = "jobs/"
JOBS_KEPT_DAYS = 90
ACCESS_LOGS_KEPT_DAYS = 90
ABORT_UPLOADS_AFTER_DAYS = 7
BUFFER_S = 300
BUFFER_MB = 64


class StorageStack(cdk.Stack):
    """`data`, `resources`, `events`, `event_stream`, and `key`: None unless the deployer asked for one."""

    def __init__(self, scope: Construct, name: str, *, options: Options, **settings: Any) -> None:
        super().__init__(scope, name, description="Reco: data bucket, tables and event log.", **settings)
        self._removal = cdk.RemovalPolicy.RETAIN if options.retain_data else cdk.RemovalPolicy.DESTROY
        self.key = self._choose_key(options.customer_key)
        self.data = self._make_bucket()
        self.resources = self._make_table(tables.RESOURCES)
        self.events = self._make_table(tables.EVENTS)
        self.event_stream = self._make_stream(options)
        put_out(
            self,
            ResourcesTable=self.resources.table_name,
            EventsTable=self.events.table_name,
            DataBucket=self.data.bucket_name,
            EventStream=self.event_stream.ref,
        )

    def _choose_key(self, wanted: bool | str) -> kms.IKey | None:
        """The key of an ARN keeps its own policy: CloudWatch must be let in there as `_make_key` does."""
        if isinstance(wanted, str):
            return kms.Key.from_key_arn(self, "Key", wanted)
        return self._make_key() if wanted else None

    def _make_key(self) -> kms.Key:
        """A key that AWS's own services may use for what they keep here; roles get their rights from their policies."""
        key = kms.Key(
            self,
            "Key",
            description="Encrypts all that Reco keeps.",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        log_groups = self.format_arn(
            service="logs", resource="log-group", resource_name="*", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{self.region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return key

    def _make_bucket(self) -> s3.Bucket:
        """Encrypted, private, TLS only. Uploads that died are dropped; the folders of attempts go after a while."""
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=self._removal,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(ACCESS_LOGS_KEPT_DAYS))],
        )
        return s3.Bucket(
            self,
            "Data",
            encryption=s3.BucketEncryption.KMS if self.key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.key,
            # KMS is paid and throttled by the request: one serves many objects, under a dataset group's key too.
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="data/",
            removal_policy=self._removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="DropDeadUploads",
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(ABORT_UPLOADS_AFTER_DAYS),
                ),
                s3.LifecycleRule(
                    id="DropOldAttempts", prefix=JOBS_PREFIX, expiration=cdk.Duration.days(JOBS_KEPT_DAYS)
                ),
            ],
        )

    def _make_table(self, table: tables.Table) -> dynamodb.Table:
        string = dynamodb.AttributeType.STRING
        return dynamodb.Table(
            self,
            table.logical_name,
            partition_key=dynamodb.Attribute(name=tables.PARTITION_KEY, type=string),
            sort_key=dynamodb.Attribute(name=tables.SORT_KEY, type=string),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=table.ttl_attribute,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if self.key else dynamodb.TableEncryption.DEFAULT,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=self._removal,
        )

    def _make_stream(self, options: Options) -> firehose.CfnDeliveryStream:
        """Events as they come, to gzip files under events/yyyy/MM/dd/HH/ (Firehose adds the hour, UTC)."""
        group = make_log(self, "EventStream", options, self.key)
        stream = logs.LogStream(self, "Delivery", log_group=group, removal_policy=cdk.RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "EventStreamRole",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com", conditions={"StringEquals": {"sts:ExternalId": self.account}}
            ),
            inline_policies={"Deliver": iam.PolicyDocument(statements=self._delivery_statements(group, stream))},
        )
        encryption = firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
            key_type="CUSTOMER_MANAGED_CMK" if self.key else "AWS_OWNED_CMK",
            key_arn=self.key.key_arn if self.key else None,
        )
        return firehose.CfnDeliveryStream(
            self,
            "EventStream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=encryption,
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self.data.bucket_arn,
                role_arn=role.role_arn,
                prefix=EVENT_LOG_PREFIX,
                compression_format="GZIP",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=BUFFER_S, size_in_m_bs=BUFFER_MB
                ),
                encryption_configuration=(
                    firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
                        kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(
                            awskms_key_arn=self.key.key_arn
                        )
                    )
                    if self.key
                    else None
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=group.log_group_name, log_stream_name=stream.log_stream_name
                ),
            ),
        )

    def _delivery_statements(self, group: logs.LogGroup, stream: logs.LogStream) -> list[iam.PolicyStatement]:
        statements = [
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                resources=[self.data.arn_for_objects(f"{EVENT_LOG_PREFIX}*")],
            ),
            iam.PolicyStatement(
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[self.data.bucket_arn],
            ),
            iam.PolicyStatement(
                actions=["logs:PutLogEvents"],
                resources=[
                    self.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name=f"{group.log_group_name}:log-stream:{stream.log_stream_name}",
                        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            ),
        ]
        if self.key:
            statements.append(
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn])
            )
        return statements
