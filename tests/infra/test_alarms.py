"""What is watched, and what a deployment costs while nobody uses it."""

from __future__ import annotations

import json

import pytest

from infra.prices import FREE_WHILE_IDLE, Unpriced, after_allowances, idle_bill, read_templates
from tests.infra.templates import Assembly

WATCHED = {
    ("AWS/States", "ExecutionsFailed"): 4,
    ("AWS/ApiGateway", "5xx"): 1,
    ("AWS/Lambda", "Throttles"): 3,
    ("AWS/Firehose", "ThrottledRecords"): 1,
    ("AWS/Firehose", "DeliveryToS3.DataFreshness"): 1,
}


def test_failures_throttles_and_late_events_raise_an_alarm(assembly: Assembly) -> None:
    alarms = assembly.resources("AWS::CloudWatch::Alarm")
    watched: dict[tuple[str, str], int] = {}
    for alarm in alarms:
        key = (alarm.properties["Namespace"], alarm.properties["MetricName"])
        watched[key] = watched.get(key, 0) + 1
    assert watched == WATCHED


def test_every_alarm_says_what_to_do_and_tells_the_topic(assembly: Assembly) -> None:
    for alarm in assembly.resources("AWS::CloudWatch::Alarm"):
        assert alarm.properties["AlarmDescription"].count(".") >= 2
        assert "Alarms" in str(alarm.properties["AlarmActions"])
        assert alarm.properties["TreatMissingData"] == "notBreaching"
        assert alarm.properties["ComparisonOperator"] == "GreaterThanThreshold"


def test_alarms_of_this_account_may_publish_and_only_over_tls(assembly: Assembly) -> None:
    """A policy of one's own takes the place of the topic's first one, which let everything of the account publish."""
    (policy,) = assembly.resources("AWS::SNS::TopicPolicy")
    allowed, denied = sorted(policy.properties["PolicyDocument"]["Statement"], key=lambda each: str(each["Effect"]))
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "sns:Publish")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert allowed["Resource"] == denied["Resource"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_alarm_for_late_events_leaves_firehose_its_buffer(assembly: Assembly) -> None:
    alarm = assembly.one("AWS::CloudWatch::Alarm", "EventsLate").properties
    assert (alarm["Threshold"], alarm["Statistic"]) == (900, "Maximum")


def test_one_dashboard_draws_every_function_machine_and_table(assembly: Assembly) -> None:
    (dashboard,) = assembly.resources("AWS::CloudWatch::Dashboard")
    drawn = json.dumps(dashboard.properties["DashboardBody"])
    for name in (
        "Control",
        "Runtime",
        "Events",
        "Workflow",
        "Deployment",
        "Job",
        "Import",
        "Train",
        "Deploy",
        "Recommender",
    ):
        assert name in drawn


def test_an_idle_deployment_costs_four_dollars_at_list_prices(assembly: Assembly) -> None:
    # The README states this number.
    bill = idle_bill(read_templates(assembly.folder))
    assert round(sum(line.usd for line in bill), 2) == 4.02
    assert round(after_allowances(bill), 2) == 0.02


def test_a_resource_that_nobody_has_priced_is_refused() -> None:
    with pytest.raises(Unpriced, match="AWS::EC2::NatGateway"):
        idle_bill([{"Resources": {"Nat": {"Type": "AWS::EC2::NatGateway"}}}])


def test_every_type_called_free_is_one_we_could_make(assembly: Assembly) -> None:
    used = {resource.type for resource in assembly.resources()}
    optional = {"AWS::Cognito::IdentityPool", "AWS::Cognito::IdentityPoolRoleAttachment", "AWS::SNS::Subscription"}
    assert used | optional >= FREE_WHILE_IDLE
