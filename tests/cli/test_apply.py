"""`reco diff`, `apply` and `destroy`: what is printed, what is JSON, and how each ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reco.arns import Kind
from reco.cli.main import main
from tests.client.keeper import Keeper, keeper
from tests.control.conftest import bench, cloud

__all__ = ["bench", "cloud", "keeper"]  # fixtures

SCHEDULE = {"schedules": {"full": "cron(0 0 ? * 1 *)"}}


@pytest.fixture(autouse=True)
def connected(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reco.client.connecting.connect", lambda *_: keeper.client)


def run(verb: str, keeper: Keeper, *arguments: str, **more: Any) -> Result:
    answer = CliRunner().invoke(main, [verb, str(keeper.file), *arguments], **more)
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer


def test_diff_then_apply_then_diff_then_destroy(keeper: Keeper) -> None:
    keeper.document["solutions"][0]["workflowConfig"] = SCHEDULE
    before = run("diff", keeper)
    assert before.exit_code == 1
    assert "create  campaign my-shop-home" in before.stdout and "12 to create." in before.stdout
    assert "not applied: solutions[0].workflowConfig.schedules.full: cron(0 0 ? * 1 *): " in before.stdout

    applied = run("apply", keeper)
    assert applied.exit_code == 0, applied.output
    assert applied.stdout.splitlines()[-1].endswith("shop.json: 12 changes, 0 failures.")
    assert "not applied: solutions[0].workflowConfig" in applied.stdout
    assert "create solution version solutions[0].solutionVersion" in applied.stderr
    assert "CREATE IN_PROGRESS" in applied.stderr

    after = run("diff", keeper)
    assert (after.exit_code, after.stdout.splitlines()[0]) == (0, "12 as they are.")

    gone = run("destroy", keeper, "--yes")
    assert (gone.exit_code, gone.stdout) == (0, "9 resources deleted.\n")
    assert run("destroy", keeper, "--yes").stdout == "0 resources deleted.\n"


def test_programs_read_the_same_as_json(keeper: Keeper) -> None:
    before = run("diff", keeper, "--json")
    assert {step["action"] for step in json.loads(before.stdout)["steps"]} == {"create"}
    applied = run("apply", keeper, "--json")
    document = json.loads(applied.stdout)
    assert (applied.stderr, document["failures"], document["notApplied"]) == ("", [], [])
    assert all(change["arn"].startswith("arn:aws:personalize:") for change in document["changes"])
    gone = json.loads(run("destroy", keeper, "--json", "--yes").stdout)
    assert {each["kind"] for each in gone["deleted"]} >= {"campaign", "dataset-group", "schema"}
    assert gone["kept"] == []


def test_a_difference_is_shown_with_both_sides_and_what_cannot_change_with_advice(keeper: Keeper) -> None:
    run("apply", keeper)
    campaign = keeper.document["solutions"][0]["campaigns"][0]["serviceConfig"]
    campaign["campaignConfig"]["itemExplorationConfig"]["explorationWeight"] = "0.5"
    keeper.document["filters"][0]["serviceConfig"]["filterExpression"] = "EXCLUDE ItemID WHERE Items.PRICE > 3"
    shown = run("diff", keeper)
    assert shown.exit_code == 1
    assert "    campaignConfig.itemExplorationConfig.explorationWeight: 0.3 -> 0.5\n" in shown.stdout
    assert "must be recreated  filter my-shop-not-viewed" in shown.stdout
    assert "1 to update, 1 that must be recreated by hand." in shown.stdout
    applied = run("apply", keeper)
    assert applied.exit_code == 1
    assert "failed: filters[0]: must be recreated: no operation changes filterExpression of a filter" in applied.stdout
    assert applied.stdout.endswith("shop.json: 0 changes, 1 failure.\n")


def test_what_cannot_be_renamed_and_a_schema_have_advice_of_their_own(keeper: Keeper) -> None:
    run("apply", keeper)
    keeper.document["eventTracker"]["serviceConfig"]["name"] = "other"
    fields = keeper.document["datasets"]["items"]["schema"]["serviceConfig"]["schema"]["fields"]
    fields.append({"name": "COLOUR", "type": ["null", "string"]})
    shown = run("diff", keeper).stdout
    assert "the group has an event tracker already, arn:" in shown and "name it in the file as it is named" in shown
    assert '    schema.fields[COLOUR]: nothing -> {"name": "COLOUR", "type": ["null", "string"]}\n' in shown
    assert "a schema cannot change (schema.fields[COLOUR]): give it another name in the file" in shown


def test_arns_that_differ_are_shown_whole(keeper: Keeper) -> None:
    run("apply", keeper)
    schema = keeper.document["datasets"]["items"]["schema"]["serviceConfig"]
    schema["name"] = "wider"
    keeper.bench.schema("wider", json.dumps(schema["schema"]))
    assert (
        "schema/my-shop-items -> arn:aws:personalize:eu-west-1:123456789012:schema/wider\n"
        in run("diff", keeper).stdout
    )


def test_what_does_not_go_is_one_line_and_status_1(keeper: Keeper) -> None:
    run("apply", keeper)
    (campaign,) = keeper.client.list_campaigns()["campaigns"]
    keeper.client.update_campaign(campaignArn=campaign["campaignArn"], minProvisionedTPS=2)
    kept = run("destroy", keeper, "--yes", "--timeout", "0")
    assert (kept.exit_code, kept.stdout) == (1, "")
    assert "Error: DeleteCampaign: ResourceInUseException: " in kept.stderr


def test_a_training_that_fails_is_told_with_its_reason(keeper: Keeper) -> None:
    keeper.failing[Kind.SOLUTION_VERSION] = "Dataset has fewer than 25 users."
    applied = run("apply", keeper)
    assert applied.exit_code == 1
    assert "failed: solutions[0].solutionVersion: arn:" in applied.stdout
    assert "CREATE FAILED: Dataset has fewer than 25 users." in applied.stdout
    assert run("diff", keeper).exit_code == 1


def test_a_file_that_is_wrong_is_told_before_anything_is_asked(keeper: Keeper) -> None:
    calls = keeper.calls()
    keeper.document["filters"][0]["serviceConfig"]["filterExpresion"] = "x"
    for verb in ("diff", "apply", "destroy"):
        answer = run(verb, keeper)
        assert answer.exit_code == 2
        assert "filters[0].serviceConfig.filterExpresion: is not known at CreateFilterRequest" in answer.stderr
    assert calls == []
    missing = CliRunner().invoke(main, ["apply", "nowhere.json"])
    assert (missing.exit_code, missing.stderr) == (2, "Error: nowhere.json cannot be read: No such file or directory\n")


def test_destroy_asks_and_a_no_deletes_nothing(keeper: Keeper) -> None:
    run("apply", keeper)
    calls = keeper.calls()
    asked = run("destroy", keeper, input="n\n")
    assert asked.exit_code == 1
    assert "campaign my-shop-home  arn:" in asked.stderr and "Delete these?" in asked.stderr
    unasked = run("destroy", keeper, "--json")
    assert (unasked.exit_code, unasked.stdout) == (2, "")
    assert not [name for name in calls if name.startswith("Delete")]


def test_what_the_file_does_not_name_is_not_deleted_without_being_asked_for(keeper: Keeper) -> None:
    run("apply", keeper)
    (group,) = keeper.client.list_dataset_groups()["datasetGroups"]
    keeper.bench.solution(group["datasetGroupArn"], "by-hand")
    kept = run("destroy", keeper, "--yes")
    assert kept.exit_code == 2
    assert "solution by-hand  arn:" in kept.stderr and "Nothing was deleted." in kept.stderr
    gone = run("destroy", keeper, "--yes", "--whole-group")
    assert (gone.exit_code, gone.stdout) == (0, "10 resources deleted.\n")


def test_a_service_that_refuses_is_one_line(keeper: Keeper) -> None:
    keeper.document["solutions"][0]["serviceConfig"]["recipeArn"] = "arn:aws:personalize:::recipe/aws-no-such"
    applied = run("apply", keeper)
    assert applied.exit_code == 1
    assert "failed: solutions[0]: CreateSolution: " in applied.stdout


def test_ctrl_c_says_that_the_same_command_goes_on(keeper: Keeper) -> None:
    pressed: list[bool] = []

    def press(**_: Any) -> None:
        if not pressed:
            pressed.append(True)
            raise KeyboardInterrupt

    keeper.client.meta.events.register("before-call.personalize.CreateSolution", press)
    stopped = run("apply", keeper)
    assert (stopped.exit_code, pressed) == (130, [True])
    assert "the same command goes on from there" in stopped.stderr

    applied = run("apply", keeper)
    assert applied.exit_code == 0, applied.output
    assert run("diff", keeper).exit_code == 0
