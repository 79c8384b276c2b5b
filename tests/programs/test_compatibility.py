"""The ten things that must work for programs that were written for Amazon Personalize, and where each is tested.

The first is here: a whole road over HTTP with unmodified boto3, every training and deployment really carried out.
Source: control-plane reference, section L.3.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import pytest

from local.process import StackProcess
from tests.journey.shops import two_tastes
from tests.programs.notebook import Notebook

pytestmark = pytest.mark.xdist_group("recommenders")

LIST = {
    "the whole road, and back": ["programs.test_compatibility.test_the_whole_road_and_back"],
    "recreate, schema in use, describe after delete": [
        "conformance.test_repeating.test_a_name_is_taken_from_its_first_create_to_the_end_of_its_delete",
        "control.test_schemas.test_a_schema_is_in_use_by_datasets_of_any_group_and_gone_at_once_when_it_is_not",
        "conformance.test_polling.test_who_polls_what_is_deleted_sees_deletes_until_it_is_gone",
    ],
    "every list in pages of one": ["conformance.test_paging.test_pages_of_one_make_up_the_whole_list"],
    "$LATEST, sync, and a new version": [
        "control.test_campaign_updates.test_latest_deploys_the_newest_active_version",
        "control.test_campaigns_that_follow.test_a_version_that_turns_active_is_deployed_by_the_campaigns_that_follow",
        "local.test_train_due.test_a_due_schedule_trains_once_and_a_campaign_follows",
    ],
    "stopping from CREATE PENDING and CREATE IN_PROGRESS": [
        "control.test_stopping.test_a_version_that_no_machine_has_taken_up_is_stopped_at_once_and_stays_visible",
        "control.test_stopping.test_a_training_is_stopping_until_its_machine_says_that_it_has_ended",
        "local.test_stopped_jobs.test_a_training_that_its_caller_stops_ends_with_its_container",
    ],
    "a recommender's life": [
        "journey.test_recommenders.test_it_is_trained_measured_and_answers_in_a_users_taste_without_scores",
        "journey.test_recommenders.test_an_update_of_columns_trains_a_new_model_while_it_serves",
        "journey.test_recommenders.test_stopped_it_answers_no_more_and_started_it_gives_the_same_answer_again",
        "journey.test_recommenders.test_deleted_it_is_gone_for_both_clients",
    ],
    "UpdateDataset": [
        "control.test_dataset_updates.test_an_update_passes_through_its_states_at_the_top_and_in_its_own_block",
        "control.test_dataset_updates.test_a_schema_that_does_not_fit_the_rows_is_refused_and_changes_nothing",
        "control.test_dataset_updates.test_only_items_and_users_are_updated",
    ],
    "imports": [
        "control.test_refusals.test_an_incremental_import_needs_data_to_add_to",
        "journey.test_bad_input.test_a_file_that_cannot_be_imported_fails_with_a_reason_that_says_what_is_wrong",
        "journey.test_bad_input.test_a_file_that_is_merely_odd_is_imported",
    ],
    "UPDATE on another recipe": [
        "control.test_solution_config.test_only_recipes_that_personalize_updates_take_an_update"
    ],
    "tags": [
        "control.test_tags.test_fifty_tags_are_the_most",
        "control.test_tags.test_schemas_and_recipes_carry_no_tags",
    ],
}
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
"""The quickest to train."""


@pytest.mark.parametrize("what", LIST)
def test_what_is_listed_has_its_tests(what: str) -> None:
    for place in LIST[what]:
        module, _, name = place.rpartition(".")
        assert callable(getattr(import_module(f"tests.{module}"), name))


@dataclass(frozen=True)
class Road:
    """A custom group on its way."""

    personalize: Any
    notebook: Notebook

    def made(self, kind: str, **asked: Any) -> tuple[str, dict[str, Any]]:
        """Creates, and polls to the end; the ARN, and what is shown then."""
        member = (
            "".join(word if place == 0 else word.capitalize() for place, word in enumerate(kind.split("_"))) + "Arn"
        )
        arn = getattr(self.personalize, f"create_{kind}")(**asked)[member]
        shown = self.notebook.until_made(partial(getattr(self.personalize, f"describe_{kind}"), **{member: arn}))
        return arn, shown


@pytest.fixture(scope="module")
def road(world: StackProcess) -> Road:
    sleep: Callable[[], None] = partial(time.sleep, 0.02)
    personalize = world.client("personalize")
    notebook = Notebook(personalize, "us-east-1", "123456789012", sleep, looks=10_000)
    return Road(personalize, notebook)


def test_the_whole_road_and_back(road: Road, world: StackProcess) -> None:
    personalize, s3 = road.personalize, world.client("s3")
    s3.create_bucket(Bucket="compatible")
    group, _ = road.made("dataset_group", name="compatible")
    sample = two_tastes()
    for dataset_type, schema, csv in (
        ("Interactions", sample.interactions_schema, sample.interactions_csv),
        ("Items", sample.items_schema, sample.items_csv),
    ):
        key = f"{dataset_type}.csv"
        s3.put_object(Bucket="compatible", Key=key, Body=csv)
        schema_arn = personalize.create_schema(name=f"compatible-{dataset_type}", schema=json.dumps(schema))[
            "schemaArn"
        ]
        dataset, _ = road.made(
            "dataset", name="records", schemaArn=schema_arn, datasetGroupArn=group, datasetType=dataset_type
        )
        assert dataset.endswith(f":dataset/compatible/{dataset_type.upper()}")
        source = {"dataLocation": f"s3://compatible/{key}"}
        _, job = road.made(
            "dataset_import_job", jobName=f"compatible-{dataset_type}", datasetArn=dataset, dataSource=source
        )
        assert job["status"] == "ACTIVE", job.get("failureReason")
        # "Data as of", which the programs compare with the file's own time.
        assert job["lastUpdatedDateTime"] >= s3.head_object(Bucket="compatible", Key=key)["LastModified"]
        assert job["lastUpdatedDateTime"] > job["creationDateTime"]

    solution, _ = road.made(
        "solution", name="compatible", datasetGroupArn=group, recipeArn=POPULAR, performAutoTraining=False
    )
    versions = []
    for _ in range(2):
        version, trained = road.made("solution_version", solutionArn=solution)
        assert (trained["status"], trained["solutionConfig"]) == ("ACTIVE", {}), trained.get("failureReason")
        assert trained["trainingHours"] >= 0
        versions.append(version)
    listed = personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert [each["solutionVersionArn"] for each in listed] == versions
    metrics = personalize.get_solution_metrics(solutionVersionArn=versions[0])["metrics"]
    assert {"coverage", "precision_at_25"} < set(metrics) and all(type(each) is float for each in metrics.values())

    campaign, deployed = road.made("campaign", name="compatible", solutionVersionArn=versions[0], minProvisionedTPS=1)
    assert deployed["status"] == "ACTIVE" and "latestCampaignUpdate" not in deployed
    runtime = world.client("personalize-runtime")
    assert len(runtime.get_recommendations(campaignArn=campaign, userId="u03", numResults=5)["itemList"]) == 5
    personalize.update_campaign(campaignArn=campaign, solutionVersionArn=versions[1])
    update = road.notebook.until_made(
        lambda: {"update": personalize.describe_campaign(campaignArn=campaign)["campaign"]["latestCampaignUpdate"]}
    )
    assert update["status"] == "ACTIVE", update
    shown = personalize.describe_campaign(campaignArn=campaign)["campaign"]
    assert shown["solutionVersionArn"] == versions[1]
    assert shown["lastUpdatedDateTime"] >= update["lastUpdatedDateTime"]

    _, batch = road.made(
        "batch_inference_job",
        jobName="compatible",
        solutionVersionArn=versions[1],
        roleArn="arn:aws:iam::123456789012:role/reader",
        jobInput={"s3DataSource": {"path": "s3://compatible/in.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://compatible/out/"}},
    )
    assert ("failureReason" in batch) == (batch["status"] == "CREATE FAILED")

    road.notebook.clean_up(group)
    with pytest.raises(personalize.exceptions.ResourceNotFoundException):
        personalize.describe_batch_inference_job(batchInferenceJobArn=batch["batchInferenceJobArn"])
    assert road.notebook.seen <= {"CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE", "CREATE FAILED"}
