"""Applying a file: once it makes, twice it does nothing, killed anywhere it is continued; the real control plane."""

from __future__ import annotations

import pytest

from reco.arns import Kind
from reco.client.apply_steps import Outcome
from reco.client.destroying import destroy, find_doomed
from tests.client.keeper import Keeper, keeper
from tests.control.conftest import bench, cloud
from tests.faults import Faults, Kill, Killed, Meanwhile, Repeated

__all__ = ["bench", "cloud", "keeper"]  # fixtures

WRITES = ("Create", "Update", "Delete", "Tag", "Start", "Stop")


def paths_of(outcome: Outcome) -> list[str]:
    return [change.step.wanted.path for change in outcome.changes]


def test_the_sample_shop_is_made_whole_and_a_second_time_changes_nothing(keeper: Keeper) -> None:
    first = keeper.apply()
    assert first.failures == []
    assert set(paths_of(first)) == {each.path for each in keeper.read().resources}
    calls = keeper.calls()
    second = keeper.apply()
    assert (second.changes, second.failures) == ([], [])
    assert calls and not [name for name in calls if name.startswith(WRITES)]
    assert keeper.actions() == {}


def test_what_the_file_says_is_what_the_account_has(keeper: Keeper) -> None:
    keeper.apply()
    client = keeper.client
    (campaign,) = client.list_campaigns()["campaigns"]
    described = client.describe_campaign(campaignArn=campaign["campaignArn"])["campaign"]
    assert described["campaignConfig"] == {"itemExplorationConfig": {"explorationWeight": "0.3"}}
    (version,) = client.list_solution_versions()["solutionVersions"]
    assert described["solutionVersionArn"] == version["solutionVersionArn"]
    tags = client.list_tags_for_resource(resourceArn=campaign["campaignArn"])["tags"]
    assert tags == [{"tagKey": "team", "tagValue": "shop"}]
    jobs = client.list_dataset_import_jobs()["datasetImportJobs"]
    assert len(jobs) == 2


@pytest.mark.parametrize(
    ("operation", "moment"),
    [
        ("CreateSchema", "after"),
        ("CreateDataset", "before"),
        ("CreateDatasetImportJob", "after"),
        ("CreateSolutionVersion", "after"),
        ("CreateCampaign", "before"),
    ],
)
def test_killed_at_a_write_the_next_run_ends_where_one_run_would(keeper: Keeper, operation: str, moment: str) -> None:
    with Faults() as faults, pytest.raises(Killed):
        faults.add(keeper.client, operation, Kill(after=moment == "after"))
        keeper.apply()
    assert keeper.apply().failures == []
    assert keeper.actions() == {}
    assert len(keeper.client.list_solution_versions()["solutionVersions"]) == 1
    assert len(keeper.client.list_dataset_import_jobs()["datasetImportJobs"]) == 2


def test_an_answer_that_was_lost_is_found_again(keeper: Keeper) -> None:
    """As when botocore repeats a request whose answer never came: the service says that the name is taken."""
    with Faults() as faults:
        faults.add(keeper.client, "CreateDatasetGroup", Repeated(), times=1)
        assert keeper.apply().failures == []
        assert faults.count("CreateDatasetGroup") == 1
    assert keeper.actions() == {}


@pytest.mark.parametrize("operation", ["CreateDatasetImportJob", "CreateSolution", "CreateCampaign"])
def test_two_applies_at_once_end_in_one_shop(keeper: Keeper, operation: str) -> None:
    """A whole second apply runs just before a request of the first is sent."""
    others: list[Outcome] = []
    with Faults() as faults:
        faults.add(keeper.client, operation, Meanwhile(lambda: others.append(keeper.apply())), times=1)
        first = keeper.apply()
    assert (first.failures, others[0].failures) == ([], [])
    assert keeper.actions() == {}
    assert len(keeper.client.list_solution_versions()["solutionVersions"]) == 1
    assert len(keeper.client.list_dataset_import_jobs()["datasetImportJobs"]) == 2


def test_a_failed_import_is_told_with_its_reason_and_tried_again_under_another_name(keeper: Keeper) -> None:
    keeper.failing[Kind.DATASET_IMPORT_JOB] = "Invalid Data location."
    outcome = keeper.apply()
    assert [failure.path for failure in outcome.failures] == ["datasets.items.import", "datasets.interactions.import"]
    assert all("CREATE FAILED: Invalid Data location." in failure.reason for failure in outcome.failures)
    assert keeper.client.list_solutions()["solutions"] == []
    keeper.failing.clear()
    assert keeper.actions()["datasets.items.import"] == "create"
    assert keeper.apply().failures == []
    jobs = sorted(job["jobName"] for job in keeper.client.list_dataset_import_jobs()["datasetImportJobs"])
    assert [name.endswith("-2") for name in jobs] == [False, True, False, True]
    assert keeper.actions() == {}


def test_a_campaign_whose_creation_failed_is_replaced(keeper: Keeper) -> None:
    keeper.failing[Kind.CAMPAIGN] = "no capacity"
    assert [failure.path for failure in keeper.apply().failures] == ["solutions[0].campaigns[0]"]
    keeper.failing.clear()
    step = keeper.steps()["solutions[0].campaigns[0]"]
    assert (step.action, step.note) == ("replace", "its creation failed: no capacity")
    assert keeper.apply().failures == []
    assert keeper.actions() == {}


def test_other_data_are_another_import_and_a_job_of_the_same_name_cannot_change(keeper: Keeper) -> None:
    keeper.apply()
    config = keeper.document["datasets"]["items"]["import"]["serviceConfig"]
    config["dataSource"] = {"dataLocation": "s3://my-shop-data/items-2.csv"}
    assert keeper.actions() == {"datasets.items.import": "create"}
    config["jobName"] = "mine"
    keeper.apply()
    config["dataSource"] = {"dataLocation": "s3://my-shop-data/items-3.csv"}
    step = keeper.steps()["datasets.items.import"]
    assert step.action == "must be recreated" and "give it another jobName" in step.advice


def test_what_an_operation_can_update_is_updated_and_waited_for(keeper: Keeper) -> None:
    keeper.apply()
    solution = keeper.document["solutions"][0]
    solution["campaigns"][0]["serviceConfig"]["campaignConfig"]["itemExplorationConfig"]["explorationWeight"] = "0.5"
    solution["serviceConfig"]["tags"] = [{"tagKey": "owner", "tagValue": "ada"}]
    assert keeper.actions() == {"solutions[0]": "update", "solutions[0].campaigns[0]": "update"}
    (difference,) = keeper.steps()["solutions[0].campaigns[0]"].differences
    assert difference.member == "campaignConfig.itemExplorationConfig.explorationWeight"
    assert (difference.actual, difference.wanted) == ("0.3", "0.5")
    assert keeper.apply().failures == []
    assert keeper.actions() == {}


def test_a_new_name_of_the_version_trains_and_the_campaign_follows(keeper: Keeper) -> None:
    keeper.apply()
    keeper.document["solutions"][0]["serviceConfig"]["solutionVersion"] = {"name": "second"}
    assert keeper.actions() == {"solutions[0].solutionVersion": "create", "solutions[0].campaigns[0]": "update"}
    assert keeper.apply().failures == []
    (campaign,) = keeper.client.list_campaigns()["campaigns"]
    described = keeper.client.describe_campaign(campaignArn=campaign["campaignArn"])["campaign"]
    assert described["solutionVersionArn"].endswith(":solution/my-shop-for-you/second")
    assert keeper.actions() == {}


def test_a_version_of_the_wanted_mode_is_looked_for_among_all(keeper: Keeper) -> None:
    keeper.apply()
    config = keeper.document["solutions"][0]["serviceConfig"]
    config["solutionVersion"] = {"trainingMode": "UPDATE"}
    assert keeper.actions() == {"solutions[0].solutionVersion": "create", "solutions[0].campaigns[0]": "update"}
    assert keeper.apply().failures == []
    assert keeper.actions() == {}
    config["solutionVersion"] = {"trainingMode": "FULL"}
    assert keeper.actions() == {"solutions[0].campaigns[0]": "update"}


def test_what_nothing_can_change_is_named_with_what_to_do(keeper: Keeper) -> None:
    keeper.apply()
    keeper.document["filters"][0]["serviceConfig"]["filterExpression"] = "EXCLUDE ItemID WHERE Items.PRICE > 3"
    keeper.document["solutions"][0]["serviceConfig"]["recipeArn"] = "arn:aws:personalize:::recipe/aws-popularity-count"
    steps = keeper.steps()
    assert {path: str(step.action) for path, step in steps.items() if step.advice} == {
        "filters[0]": "must be recreated",
        "solutions[0]": "must be recreated",
    }
    assert "no operation changes filterExpression of a filter: delete arn:" in steps["filters[0]"].advice
    calls = keeper.calls()
    assert {failure.path for failure in keeper.apply().failures} == {"filters[0]", "solutions[0]"}
    assert not [name for name in calls if name.startswith(WRITES)]


def test_a_name_that_another_group_uses_is_a_conflict_before_anything_is_done(keeper: Keeper) -> None:
    keeper.apply()
    keeper.document["datasetGroup"]["serviceConfig"]["name"] = "another"
    actions = keeper.actions()
    assert (actions["datasetGroup"], actions["solutions[0]"]) == ("create", "must be recreated")
    step = keeper.steps()["solutions[0]"]
    assert step.differences[0].member == "datasetGroupArn"
    assert "is of another group, arn:" in step.advice and "delete" not in step.advice


def test_what_is_being_deleted_is_waited_out_and_made_again(keeper: Keeper) -> None:
    keeper.apply()
    (campaign,) = keeper.client.list_campaigns()["campaigns"]
    keeper.client.delete_campaign(campaignArn=campaign["campaignArn"])
    assert keeper.actions() == {"solutions[0].campaigns[0]": "create"}
    assert keeper.apply().failures == []
    assert keeper.actions() == {}


def everything(keeper: Keeper) -> list[str]:
    client = keeper.client
    lists = ("dataset_groups", "schemas", "datasets", "solutions", "campaigns", "event_trackers", "filters")
    return [
        summary["name"]
        for name in lists
        for answer in [getattr(client, f"list_{name}")()]
        for member, summaries in answer.items()
        if member != "ResponseMetadata"
        for summary in summaries
    ]


def test_destroy_leaves_nothing_that_can_be_deleted_and_apply_makes_it_again(keeper: Keeper) -> None:
    keeper.apply()
    doomed = find_doomed(keeper.read(), keeper.client)
    assert all(each.in_file for each in doomed)
    farewell = destroy(doomed, keeper.client, timeout_s=600, sleep=keeper.sleep)
    assert (farewell.kept, everything(keeper)) == ([], [])
    assert len(farewell.deleted) == len(doomed)
    assert find_doomed(keeper.read(), keeper.client) == []
    assert keeper.apply().failures == []
    assert keeper.actions() == {}


def test_a_destroy_that_was_killed_is_continued(keeper: Keeper) -> None:
    keeper.apply()
    with Faults() as faults, pytest.raises(Killed):
        faults.add(keeper.client, "DeleteEventTracker", Kill(after=True))
        destroy(find_doomed(keeper.read(), keeper.client), keeper.client, timeout_s=600, sleep=keeper.sleep)
    destroy(find_doomed(keeper.read(), keeper.client), keeper.client, timeout_s=600, sleep=keeper.sleep)
    assert everything(keeper) == []


def test_a_schema_that_other_datasets_use_is_kept_and_said_so(keeper: Keeper) -> None:
    keeper.apply()
    schema = next(each for each in keeper.client.list_schemas()["schemas"] if each["name"] == "my-shop-items")
    other = keeper.bench.group("other")
    keeper.bench.dataset(other, schema["schemaArn"], "ITEMS")
    farewell = destroy(find_doomed(keeper.read(), keeper.client), keeper.client, timeout_s=600, sleep=keeper.sleep)
    assert [each.arn for each, _ in farewell.kept] == [schema["schemaArn"]]
    assert sorted(everything(keeper)) == ["d", "my-shop-items", "other"]


def test_a_training_that_runs_is_stopped_before_its_solution_goes(keeper: Keeper) -> None:
    keeper.apply()
    (solution,) = keeper.client.list_solutions()["solutions"]
    keeper.client.create_solution_version(solutionArn=solution["solutionArn"])
    keeper.hanging = True
    calls = keeper.calls()
    destroy(find_doomed(keeper.read(), keeper.client), keeper.client, timeout_s=600, sleep=keeper.sleep)
    assert "StopSolutionVersionCreation" in calls
    assert everything(keeper) == []
