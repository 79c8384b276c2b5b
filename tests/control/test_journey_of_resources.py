"""The journey's resources from schema to campaign, as boto3 sees them."""

from __future__ import annotations

from reco.arns import Kind
from reco.jobs.status import ACTIVE, CREATE_FAILED, CREATE_IN_PROGRESS
from tests.control.conftest import INTERACTIONS, RECIPE, ROLE, TRANSITION_S, Bench


def test_a_whole_journey_is_described_as_it_was_asked_for(bench: Bench) -> None:
    shop = bench.shop()
    client = bench.client

    schema = client.describe_schema(schemaArn=shop.schema)["schema"]
    assert schema["schema"] == INTERACTIONS
    assert set(schema) == {"name", "schemaArn", "schema", "creationDateTime", "lastUpdatedDateTime"}

    group = client.describe_dataset_group(datasetGroupArn=shop.group)["datasetGroup"]
    assert set(group) == {"name", "datasetGroupArn", "status", "creationDateTime", "lastUpdatedDateTime"}
    assert (group["name"], group["status"]) == ("g", ACTIVE)

    dataset = client.describe_dataset(datasetArn=shop.dataset)["dataset"]
    assert dataset["datasetArn"].endswith(":dataset/g/INTERACTIONS")
    assert (dataset["datasetType"], dataset["schemaArn"]) == ("INTERACTIONS", shop.schema)

    job = client.describe_dataset_import_job(datasetImportJobArn=shop.job)["datasetImportJob"]
    assert job["dataSource"] == {"dataLocation": "s3://bucket/a.csv"}
    assert (job["roleArn"], job["importMode"], job["status"]) == (ROLE, "FULL", ACTIVE)
    assert job["publishAttributionMetricsToS3"] is False

    solution = client.describe_solution(solutionArn=shop.solution)["solution"]
    assert "solutionConfig" not in solution and "eventType" not in solution
    assert (solution["performHPO"], solution["performAutoML"], solution["performAutoTraining"]) == (False, False, True)
    assert solution["recipeArn"] == RECIPE
    assert solution["latestSolutionVersion"]["solutionVersionArn"] == shop.version
    assert set(solution["latestSolutionVersion"]) == {
        "solutionVersionArn",
        "status",
        "trainingMode",
        "trainingType",
        "creationDateTime",
        "lastUpdatedDateTime",
    }

    version = client.describe_solution_version(solutionVersionArn=shop.version)["solutionVersion"]
    assert version["solutionConfig"] == {}
    assert version["name"] == shop.version.rpartition("solution/")[2]
    assert (version["trainingMode"], version["trainingType"]) == ("FULL", "MANUAL")
    assert client.get_solution_metrics(solutionVersionArn=shop.version)["metrics"] == {"coverage": 0.5}

    campaign = client.describe_campaign(campaignArn=shop.campaign)["campaign"]
    assert set(campaign) == {
        "name",
        "campaignArn",
        "solutionVersionArn",
        "minProvisionedTPS",
        "status",
        "creationDateTime",
        "lastUpdatedDateTime",
    }
    assert campaign["solutionVersionArn"] == shop.version


def test_each_job_starts_its_machine_once_under_the_incarnations_name(bench: Bench) -> None:
    shop = bench.shop()

    expected = [
        (shop.job, f"{bench.stored(Kind.DATASET_IMPORT_JOB, 'j').incarnation}-0", "import"),
        (
            shop.version,
            f"{bench.stored(Kind.SOLUTION_VERSION, shop.version.partition('solution/')[2]).incarnation}-0",
            "train",
        ),
        (shop.campaign, f"{bench.stored(Kind.CAMPAIGN, 'c').incarnation}-0", "deploy"),
    ]
    assert bench.machines.started == expected


def test_a_group_passes_through_every_state_and_its_last_update_advances(bench: Bench) -> None:
    arn = bench.client.create_dataset_group(name="g")["datasetGroupArn"]
    seen = []
    for _ in range(3):
        group = bench.client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]
        seen.append((group["status"], group["lastUpdatedDateTime"].timestamp() - group["creationDateTime"].timestamp()))
        bench.pass_time(TRANSITION_S)

    assert seen == [("CREATE PENDING", 0), (CREATE_IN_PROGRESS, TRANSITION_S), (ACTIVE, 2 * TRANSITION_S)]


def test_a_failed_job_says_why(bench: Bench) -> None:
    dataset = bench.dataset(bench.group(), bench.schema())
    job = bench.import_job(dataset)
    bench.end_job(job, CREATE_FAILED, "Input CSV is missing the following columns:[USER_ID].")

    described = bench.client.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
    listed = bench.client.list_dataset_import_jobs(datasetArn=dataset)["datasetImportJobs"]

    assert described["failureReason"] == listed[0]["failureReason"] != ""
    assert described["status"] == CREATE_FAILED
