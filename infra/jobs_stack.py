"""Long work: the image that imports and trains, the functions of the steps, and the state machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import machines
from infra.code import Code
from infra.execution_ends import BAD, tell_of_ends
from infra.functions import LAMBDA, Identity, make_handler, make_identity, make_log, make_role
from infra.options import Options
from infra.outputs import put_out
from infra.rights import (
    group_key_rights,
    key_rights,
    read_objects,
    table_rights,
    through_s3,
    volume_key_rights,
    write_objects,
)
from infra.storage_stack import JOBS_PREFIX, StorageStack
from reco.settings import environment_for

HOME_PREFIXES = ("groups/", JOBS_PREFIX, "frozen/", "models/")
MINIMUM_INTERACTIONS = 1000
"""Personalize asks for as many unique interactions."""
POINTER_CACHE_S = 10
JOB_DISK_MB = 10_240
JOB_TIMEOUT_S = 900


class JobsStack(cdk.Stack):
    """`machines` by name, `job`, `workflow`, `deployment`, `job_role`, `external_id`."""

    def __init__(
        self, scope: Construct, name: str, *, options: Options, code: Code, storage: StorageStack, **settings: Any
    ) -> None:
        super().__init__(scope, name, description="Reco: imports, trainings and deployments.", **settings)
        self._options = options
        self._storage = storage
        # The stack's own id: no other deployment shows it when it takes a caller's role.
        self.external_id = cdk.Fn.select(2, cdk.Fn.split("/", self.stack_id))
        self._image = ecr_assets.DockerImageAsset(
            self, "Image", directory=str(code.image), platform=ecr_assets.Platform.LINUX_AMD64
        )
        self._workflow_identity = self._identify_workflow()
        self._job_identity = self._identify_job()
        self.job_role = self._job_identity.role
        self.job = self._make_job()
        self.workflow = self._make_workflow(code)
        self.deployment = self._make_deployment(code)
        addresses = machines.Addresses(
            partition=self.partition,
            workflow_arn=self.workflow.function_arn,
            deployment_arn=self.deployment.function_arn,
            job_arn=self.job.function_arn,
            job_role_arn=self.job_role.role_arn,
            image_uri=self._image.image_uri,
        )
        runs_jobs = [self.workflow, self.job]
        self.machines = {
            "import": self._make_machine("Import", machines.import_machine(addresses), runs_jobs, instances=True),
            "train": self._make_machine("Train", machines.train_machine(addresses), runs_jobs, instances=True),
            "deploy": self._make_machine(
                "Deploy", machines.deploy_machine(addresses), [self.workflow, self.deployment], instances=False
            ),
            "recommender": self._make_machine(
                "Recommender", machines.recommender_machine(addresses), [*runs_jobs, self.deployment], instances=True
            ),
        }
        self._let_workflow_reach_out()
        self._tell_workflow_of_bad_ends()
        put_out(
            self,
            WorkflowFunction=self.workflow.function_name,
            DeploymentFunction=self.deployment.function_name,
            JobFunction=self.job.function_name,
            ImportMachine=self.machines["import"].state_machine_arn,
            TrainMachine=self.machines["train"].state_machine_arn,
            DeployMachine=self.machines["deploy"].state_machine_arn,
            RecommenderMachine=self.machines["recommender"].state_machine_arn,
            JobRole=self.job_role.role_arn,
            ExternalId=self.external_id,
        )

    def executions_of(self, machine: str) -> str:
        """ARN of every execution of a machine, for a policy."""
        return self.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machines[machine].state_machine_name}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _identify_workflow(self) -> Identity:
        storage = self._storage
        return make_identity(
            self,
            "Workflow",
            [
                table_rights(storage.resources, "GetItem", "PutItem"),
                *read_objects(storage.data, [JOBS_PREFIX]),
                write_objects(storage.data, [JOBS_PREFIX]),
                *key_rights(storage.key),
                *through_s3(self, group_key_rights(self._options.data_keys, "Decrypt", "GenerateDataKey")),
            ],
            options=self._options,
            key=storage.key,
        )

    def _identify_job(self) -> Identity:
        """One role in both sizes of machine, so that a caller's trust policy has one name to name.

        The workflow function takes it too, to measure a caller's data with the rights that will read it.
        """
        storage = self._storage
        of_this_account = {"StringEquals": {"aws:SourceAccount": self.account}}
        return make_identity(
            self,
            "Job",
            [
                *read_objects(storage.data, [*HOME_PREFIXES, "events/"]),
                write_objects(storage.data, HOME_PREFIXES),
                table_rights(storage.events, "Query"),
                *self._caller_data(),
                *self._instance_needs(),
                *key_rights(storage.key),
                # Encrypt is what SageMaker asks of the role for a job's output (CreateTrainingJob, OutputDataConfig).
                *group_key_rights(self._options.data_keys, "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
                *volume_key_rights([*([storage.key.key_arn] if storage.key else []), *self._options.data_keys]),
            ],
            options=self._options,
            key=storage.key,
            principals=[
                LAMBDA,
                iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=of_this_account),
                iam.ArnPrincipal(self._workflow_identity.role.role_arn),
            ],
        )

    def _caller_data(self) -> list[iam.PolicyStatement]:
        """The caller's role where it trusts this one; buckets the deployer listed otherwise."""
        statements = [
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[self.format_arn(service="iam", region="", resource="role", resource_name="*")],
                conditions={"StringEquals": {"sts:ExternalId": self.external_id}},
            )
        ]
        if self._options.data_buckets:
            arns = [f"arn:{self.partition}:s3:::{bucket}" for bucket in self._options.data_buckets]
            statements += [
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{arn}/*" for arn in arns]),
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=arns),
            ]
        return statements

    def _instance_needs(self) -> list[iam.PolicyStatement]:
        """What SageMaker does with the role: fetch the image, write the job's log."""
        group = self.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/sagemaker/TrainingJobs",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return [
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            iam.PolicyStatement(
                actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                resources=[self._image.repository.repository_arn],
            ),
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=[group, f"{group}:log-stream:*"],
            ),
        ]

    def _make_job(self) -> lambda_.DockerImageFunction:
        return lambda_.DockerImageFunction(
            self,
            "Job",
            description="Reco: imports and trains what fits a function; the image that SageMaker runs for the rest.",
            code=lambda_.DockerImageCode.from_ecr(self._image.repository, tag_or_digest=self._image.image_tag),
            architecture=lambda_.Architecture.X86_64,
            environment_encryption=self._storage.key,
            memory_size=self._options.function_memory_mb,
            ephemeral_storage_size=cdk.Size.mebibytes(JOB_DISK_MB),
            timeout=cdk.Duration.seconds(JOB_TIMEOUT_S),
            role=self.job_role,
            log_group=self._job_identity.log,
        )

    def _make_workflow(self, code: Code) -> lambda_.Function:
        storage = self._storage
        options = self._options
        return make_handler(
            self,
            "Workflow",
            self._workflow_identity,
            sentence="Reco: steps of the state machines: begin, plan, commit, settle, fail.",
            code=code.light,
            environment=environment_for(
                resources_table=storage.resources.table_name,
                events_table=storage.events.table_name,
                data_bucket=storage.data.bucket_name,
                data_buckets=",".join(options.data_buckets),
                job_role=self.job_role.role_arn,
                external_id=self.external_id,
                customer_key=storage.key.key_arn if storage.key else "",
                instance_type=options.instance_type,
                function_memory_mb=options.function_memory_mb,
                bad_row_share=options.bad_row_share,
                minimum_interactions=MINIMUM_INTERACTIONS,
                pointer_cache_s=POINTER_CACHE_S,
            ),
            memory_mb=512,
            timeout_s=120,
            key=storage.key,
        )

    def _make_deployment(self, code: Code) -> lambda_.Function:
        storage = self._storage
        identity = make_identity(
            self,
            "Deployment",
            [
                table_rights(storage.resources, "GetItem"),
                *read_objects(storage.data, ["models/"]),
                *key_rights(storage.key),
                *through_s3(self, group_key_rights(self._options.data_keys, "Decrypt")),
            ],
            options=self._options,
            key=storage.key,
        )
        return make_handler(
            self,
            "Deployment",
            identity,
            sentence="Reco: loads a trained model, asks it questions and compares the answers with training's.",
            code=code.heavy,
            environment=environment_for(resources_table=storage.resources.table_name),
            memory_mb=self._options.function_memory_mb,
            timeout_s=300,
            key=storage.key,
            disk_mb=JOB_DISK_MB,
        )

    def _make_machine(
        self, name: str, definition: machines.State, functions: Sequence[lambda_.IFunction], *, instances: bool
    ) -> sfn.StateMachine:
        # CloudWatch's resource policy is short: names under this prefix share one entry.
        group_name = f"/aws/vendedlogs/states/{self.stack_name}-{name}"
        log = make_log(self, name, self._options, self._storage.key, group_name)
        statements = [
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[function.function_arn for function in functions]
            )
        ]
        if instances:
            statements += self._start_training_jobs()
        return sfn.StateMachine(
            self,
            name,
            comment=definition["Comment"],
            definition_body=sfn.DefinitionBody.from_string(self.to_json_string(definition)),
            role=make_role(self, name, [iam.ServicePrincipal("states.amazonaws.com")], statements),
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=True),
            tracing_enabled=True,
        )

    def _start_training_jobs(self) -> list[iam.PolicyStatement]:
        jobs = self.format_arn(service="sagemaker", resource="training-job", resource_name="reco-*")
        rule = self.format_arn(
            service="events", resource="rule", resource_name="StepFunctionsGetEventsForSageMakerTrainingJobsRule"
        )
        return [
            iam.PolicyStatement(
                actions=[
                    "sagemaker:AddTags",
                    "sagemaker:CreateTrainingJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:StopTrainingJob",
                ],
                resources=[jobs],
            ),
            iam.PolicyStatement(actions=["sagemaker:ListTags"], resources=["*"]),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.job_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            iam.PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"], resources=[rule]
            ),
        ]

    def _tell_workflow_of_bad_ends(self) -> None:
        """A stopped execution runs no state any more, so somebody else has to mark its resource as failed."""
        tell_of_ends(
            self,
            "BadEnds",
            self.machines.values(),
            BAD,
            self.workflow,
            "Tells the workflow function of executions that ended badly, stopped ones among them.",
        )

    def _let_workflow_reach_out(self) -> None:
        """A policy of its own: machines and job role name the function or its role, so that cannot name them."""
        executions = [self.executions_of(name) for name in self.machines]
        iam.Policy(
            self,
            "WorkflowReachesOut",
            roles=[self._workflow_identity.role],
            statements=[
                iam.PolicyStatement(actions=["states:DescribeExecution"], resources=executions),
                iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[self.job_role.role_arn]),
            ],
        )
