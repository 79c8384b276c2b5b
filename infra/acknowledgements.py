"""Every finding of cdk-nag's AwsSolutions that stands, with the reason. One without a reason stops the synthesis.

In the default deployment all are of one rule, IAM5: an ARN with a star in it. A role that may touch objects of a kind
cannot name each object; what it can name, the bucket, the prefix and the verb, it does.
"""

from __future__ import annotations

from collections.abc import Iterator

import aws_cdk as cdk
from constructs import IConstruct

from infra.options import Options

DATA = "RecoStorage:ExportsOutputFnGetAttData666C94C7Arn0D7E21B7"
"""The data bucket's ARN as the other stacks import it."""
TRAIN_MACHINE = "RecoJobs:ExportsOutputFnGetAttTrain781835F2Name924F8CE2"
RECOMMENDER_MACHINE = "RecoJobs:ExportsOutputFnGetAttRecommenderB6541FB9Name381BBA84"
"""The names of the machines that train, as the API's stack imports them."""
OWN_ACCOUNT = "<AWS::Region>:<AWS::AccountId>"

OBJECTS = "Objects are named by tokens drawn when work is done; the role is held to the prefixes and verbs it uses."
LOG_DELIVERY_AND_TRACES = (
    "Step Functions sets its log delivery up and writes traces with these actions; none of them takes a resource."
)
IMAGE_TOKEN_AND_TAGS = {
    "JobRole": "ecr:GetAuthorizationToken takes no resource; pulling is held to CDK's own repository.",
    "ImportRole": "Step Functions lists the tags of jobs it starts; its documentation asks for every resource.",
    "TrainRole": "Step Functions lists the tags of jobs it starts; its documentation asks for every resource.",
    "RecommenderRole": "Step Functions lists the tags of jobs it starts; its documentation asks for every resource.",
}
GUESTS = "Asked for by the deployer (guest=true); a guest may send events, at a limited rate, and nothing else."
CALLERS_ROLES = (
    "Which roles callers pass is not known when deploying. Each must itself trust the job role and ask for this "
    "deployment's external id, and this statement allows taking none without showing it."
)


def acknowledge(app: cdk.App, options: Options) -> None:
    """Records the reasons on the constructs they are about."""
    for path, starred_arn, reason in _starred_arns(options):
        _acknowledge(app, path, f"IAM5[Resource::{starred_arn}]", reason)
    if options.guest:
        _acknowledge(app, "RecoApi/Guests", "COG7", GUESTS)


def _acknowledge(app: cdk.App, path: str, finding: str, reason: str) -> None:
    target: IConstruct = app
    for name in path.split("/"):
        target = target.node.find_child(name)
    cdk.Validations.of(target).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{finding}", reason=reason)
    )


def _starred_arns(options: Options) -> Iterator[tuple[str, str, str]]:
    """Path of the role or policy, the starred ARN as cdk-nag prints it, the reason."""
    yield "RecoStorage/EventStreamRole", "<Data666C94C7.Arn>/events/*", OBJECTS
    for prefix in ("groups", "jobs", "frozen", "models", "events"):
        yield "RecoJobs/JobRole", f"{DATA}/{prefix}/*", OBJECTS
    yield "RecoJobs/WorkflowRole", f"{DATA}/jobs/*", OBJECTS
    yield "RecoJobs/DeploymentRole", f"{DATA}/models/*", OBJECTS
    yield "RecoApi/RuntimeRole", f"{DATA}/models/*", OBJECTS
    for machine in (TRAIN_MACHINE, RECOMMENDER_MACHINE):
        yield (
            "RecoApi/ControlRole",
            f"arn:<AWS::Partition>:states:{OWN_ACCOUNT}:execution:{machine}:*",
            "Executions are named by incarnations; the function may stop those of the machines that train.",
        )
    yield (
        "RecoApi/ControlRole",
        f"arn:<AWS::Partition>:scheduler:{OWN_ACCOUNT}:schedule/<Schedules>/*",
        "A schedule is named by an incarnation, of what it trains; the function is held to the group of its own.",
    )
    for bucket in options.data_buckets:
        yield "RecoJobs/JobRole", f"arn:<AWS::Partition>:s3:::{bucket}/*", "The deployer listed this bucket."
    if "*" in options.data_buckets:
        yield "RecoJobs/JobRole", "arn:<AWS::Partition>:s3:::*", "The deployer listed every bucket."
    yield "RecoJobs/JobRole", "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*", CALLERS_ROLES
    yield (
        "RecoJobs/JobRole",
        f"arn:<AWS::Partition>:logs:{OWN_ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:*",
        "SageMaker names a job's log streams.",
    )
    for role, reason in IMAGE_TOKEN_AND_TAGS.items():
        yield f"RecoJobs/{role}", "*", reason
    for machine in ("Import", "Train", "Recommender"):
        yield (
            f"RecoJobs/{machine}Role",
            f"arn:<AWS::Partition>:sagemaker:{OWN_ACCOUNT}:training-job/reco-*",
            "A job's name holds a token drawn for the attempt; the role is held to this project's names.",
        )
    for machine in ("Import", "Train", "Deploy", "Recommender"):
        yield f"RecoJobs/{machine}Role/DefaultPolicy", "*", LOG_DELIVERY_AND_TRACES
    for name in ("Import98530AF4", "Train781835F2", "Deploy7B206E61", "RecommenderB6541FB9"):
        yield (
            "RecoJobs/WorkflowReachesOut",
            f"arn:<AWS::Partition>:states:{OWN_ACCOUNT}:execution:<{name}.Name>:*",
            "Executions are named by incarnations; the function may look at those of these machines.",
        )
