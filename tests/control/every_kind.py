"""One resource of every kind, as a client makes them."""

from __future__ import annotations

from reco.arns import Kind
from tests.control.conftest import INTERACTIONS, ITEMS, ROLE, Bench
from tests.control.jobs import PLACES, SEGMENTS

FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"
EXPRESSION = "INCLUDE ItemID WHERE Items.PRICE > 1"
METRIC = {"eventType": "click", "metricName": "clicks", "expression": "SAMPLECOUNT()"}


def one_of_each(bench: Bench, name: str) -> tuple[dict[Kind, str], dict[tuple[str, str], str]]:
    """A resource of each kind, all of whose names begin with `name`, all ACTIVE or at their end."""
    client = bench.client
    interactions = client.create_schema(name=f"{name}s", schema=INTERACTIONS)["schemaArn"]
    group = bench.group(f"{name}g")
    dataset = bench.dataset(group, interactions)
    bench.dataset(group, bench.schema(f"{name}items", ITEMS), "Items")
    job = bench.import_job(dataset, f"{name}j")
    bench.end_job(job)
    solution = bench.solution(group, f"{name}sol", performAutoTraining=False)
    version = bench.version(solution)
    segments = client.create_solution(
        name=f"{name}seg",
        datasetGroupArn=group,
        recipeArn=SEGMENTS,
        performAutoTraining=False,
    )["solutionArn"]
    bench.settle()
    segmenting = bench.version(segments)
    campaign = bench.campaign(version, f"{name}c")
    tracker = client.create_event_tracker(name="t", datasetGroupArn=group)["eventTrackerArn"]
    made = {
        Kind.SCHEMA: interactions,
        Kind.DATASET_GROUP: group,
        Kind.DATASET: dataset,
        Kind.DATASET_IMPORT_JOB: job,
        Kind.EVENT_TRACKER: tracker,
        Kind.SOLUTION: solution,
        Kind.SOLUTION_VERSION: version,
        Kind.CAMPAIGN: campaign,
        Kind.FILTER: client.create_filter(name=f"{name}f", datasetGroupArn=group, filterExpression=EXPRESSION)[
            "filterArn"
        ],
        Kind.METRIC_ATTRIBUTION: client.create_metric_attribution(
            name=f"{name}m", datasetGroupArn=group, metrics=[METRIC], metricsOutputConfig={"roleArn": ROLE}
        )["metricAttributionArn"],
        Kind.BATCH_INFERENCE_JOB: client.create_batch_inference_job(
            jobName=f"{name}b", solutionVersionArn=version, roleArn=ROLE, **PLACES
        )["batchInferenceJobArn"],
        Kind.BATCH_SEGMENT_JOB: client.create_batch_segment_job(
            jobName=f"{name}b", solutionVersionArn=segmenting, roleArn=ROLE, **PLACES
        )["batchSegmentJobArn"],
        Kind.DATASET_EXPORT_JOB: client.create_dataset_export_job(
            jobName=f"{name}e", datasetArn=dataset, roleArn=ROLE, jobOutput=PLACES["jobOutput"]
        )["datasetExportJobArn"],
        Kind.DATA_DELETION_JOB: client.create_data_deletion_job(
            jobName=f"{name}d",
            datasetGroupArn=group,
            roleArn=ROLE,
            dataSource={"dataLocation": "s3://bucket/users.csv"},
        )["dataDeletionJobArn"],
    }
    shop = client.create_dataset_group(name=f"{name}shop", domain="ECOMMERCE")["datasetGroupArn"]
    of_domain = client.create_schema(name=f"{name}shop", schema=INTERACTIONS, domain="ECOMMERCE")["schemaArn"]
    bench.settle()
    bench.dataset(shop, of_domain)
    made[Kind.RECOMMENDER] = client.create_recommender(name=f"{name}r", datasetGroupArn=shop, recipeArn=FOR_YOU)[
        "recommenderArn"
    ]
    bench.end_job(made[Kind.RECOMMENDER])
    # Its schedule is made by whoever looks, or hears that it is ACTIVE.
    client.describe_recommender(recommenderArn=made[Kind.RECOMMENDER])
    bench.settle()
    return made, {
        ("CreateBatchSegmentJob", "solutionVersionArn"): segmenting,
        ("ListBatchSegmentJobs", "solutionVersionArn"): segmenting,
        ("ListRecommenders", "datasetGroupArn"): shop,
        ("CreateRecommender", "datasetGroupArn"): shop,
        ("CreateRecommender", "recipeArn"): FOR_YOU,
    }
