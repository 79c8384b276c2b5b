"""Who may do what: exact actions on exact ARNs, and each exception by name with its reason."""

from __future__ import annotations

import json
import re

import grimp
import pytest

from reco.jobs.schedules import MEND, TASK
from reco.settings import SETTINGS
from tests.infra.conftest import ROOT
from tests.infra.templates import Assembly, Statement

MACHINES = ("Import", "Train", "Deploy", "Recommender")
ANY_RESOURCE = {
    "ecr:GetAuthorizationToken": "takes no resource",
    "sagemaker:ListTags": "Step Functions' documentation asks for every resource",
    # Step Functions' log delivery: none takes a resource.
    "logs:CreateLogDelivery": "takes no resource",
    "logs:DeleteLogDelivery": "takes no resource",
    "logs:DescribeLogGroups": "takes no resource",
    "logs:DescribeResourcePolicies": "takes no resource",
    "logs:GetLogDelivery": "takes no resource",
    "logs:ListLogDeliveries": "takes no resource",
    "logs:PutResourcePolicy": "takes no resource",
    "logs:UpdateLogDelivery": "takes no resource",
    # Traces: none takes a resource.
    "xray:GetSamplingRules": "takes no resource",
    "xray:GetSamplingTargets": "takes no resource",
    "xray:PutTelemetryRecords": "takes no resource",
    "xray:PutTraceSegments": "takes no resource",
}
"""Every action that a role may do to `*`, and why."""

NOT_ASKED_FOR: dict[str, set[str]] = {}
"""What a module reads in a function that its handler does not call."""

HANDLERS = ("control", "runtime", "events", "workflow", "deployment")


def by_owner(assembly: Assembly) -> dict[str, list[Statement]]:
    owners: dict[str, list[Statement]] = {}
    for statement in assembly.statements():
        owners.setdefault(statement.owner, []).append(statement)
    return owners


def actions_of(assembly: Assembly, owner: str, service: str) -> set[str]:
    return {
        action.removeprefix(f"{service}:")
        for statement in by_owner(assembly)[owner]
        for action in statement.actions
        if action.startswith(f"{service}:")
    }


def test_nobody_may_do_what_is_not_named(assembly: Assembly) -> None:
    for statement in assembly.statements():
        assert not [action for action in statement.actions if "*" in action], statement
        assert statement.effect == "Allow"


def test_everything_is_allowed_only_where_the_list_says_why(assembly: Assembly) -> None:
    found = {action for each in assembly.statements() if "*" in each.resources for action in each.actions}
    assert found == set(ANY_RESOURCE)


def test_every_function_has_a_role_of_its_own(assembly: Assembly) -> None:
    functions = assembly.resources("AWS::Lambda::Function")
    roles = [function.properties["Role"]["Fn::GetAtt"][0] for function in functions]
    assert len(functions) == 6
    assert len(set(roles)) == len(roles)


def test_each_table_is_written_by_those_who_must(assembly: Assembly) -> None:
    may = {owner: actions_of(assembly, owner, "dynamodb") for owner in by_owner(assembly)}
    every = {"BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"}
    assert may["Control"] == every
    assert may["Workflow"] == {"GetItem", "PutItem"}
    assert may["Deployment"] == {"GetItem"}
    assert may["Runtime"] == {"GetItem", "Query"}
    assert may["Events"] == {"BatchWriteItem", "GetItem", "Query", "UpdateItem"}
    assert may["Job"] == {"Query"}


def test_only_the_job_and_the_workflow_write_objects_and_nobody_deletes(assembly: Assembly) -> None:
    writers = {owner for owner in by_owner(assembly) if "PutObject" in actions_of(assembly, owner, "s3")}
    assert writers == {"Job", "Workflow", "EventStream"}
    assert not [
        each for each in assembly.statements() if any("Delete" in action and "s3:" in action for action in each.actions)
    ]


def test_objects_are_reached_by_prefix(assembly: Assembly) -> None:
    for statement in assembly.statements():
        if {"s3:GetObject", "s3:PutObject"} & set(statement.actions):
            for resource in statement.resources:
                assert re.search(r"/(groups|jobs|frozen|models|events)/\*\"", resource), statement


def test_a_callers_role_is_taken_only_with_this_deployments_id(assembly: Assembly) -> None:
    taking = [each for each in assembly.statements() if "sts:AssumeRole" in each.actions]
    assert {each.owner for each in taking} == {"Job", "WorkflowReachesOut"}
    (callers,) = [each for each in taking if each.owner == "Job"]
    assert "AWS::StackId" in str(callers.condition["StringEquals"]["sts:ExternalId"])
    assert "AWS::AccountId" in callers.resources[0]


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_may_call_the_functions_that_its_states_call_and_no_other(assembly: Assembly, name: str) -> None:
    definition = assembly.one("AWS::StepFunctions::StateMachine", name).properties["DefinitionString"]["Fn::Join"][1]
    called = {
        part["Fn::GetAtt"][0]
        for part in definition
        if isinstance(part, dict) and part.get("Fn::GetAtt", ["", ""])[1] == "Arn"
    }
    functions = {each.logical_id for each in assembly.resources("AWS::Lambda::Function")}
    (calling,) = [each for each in by_owner(assembly)[name] if "lambda:InvokeFunction" in each.actions]
    allowed = {json.loads(resource)["Fn::GetAtt"][0] for resource in calling.resources}
    assert allowed == called & functions


def test_the_job_role_is_passed_to_sagemaker_only(assembly: Assembly) -> None:
    passing = [
        each for each in assembly.statements() if "iam:PassRole" in each.actions and "JobRole" in each.resources[0]
    ]
    assert {each.owner for each in passing} == {"Import", "Train", "Recommender"}
    for statement in passing:
        assert statement.condition == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_schedules_are_made_in_one_group_and_call_the_control_function_only(assembly: Assembly) -> None:
    making = [each for each in assembly.statements() if any("scheduler:" in action for action in each.actions)]
    (group,) = assembly.resources("AWS::Scheduler::ScheduleGroup")
    assert [each.owner for each in making] == ["Control"]
    (resource,) = making[0].resources
    assert f'{{"Ref": "{group.logical_id}"}}, "/*"' in resource and ":schedule/" in resource
    passing = [
        each
        for each in assembly.statements()
        if "iam:PassRole" in each.actions and "SchedulesRole" in each.resources[0]
    ]
    assert [each.owner for each in passing] == ["Control"]
    assert passing[0].condition == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    (calling,) = [each for each in assembly.statements() if each.owner == "SchedulesCall"]
    control = assembly.one("AWS::Lambda::Function", "Control").logical_id
    assert calling.actions == ("lambda:InvokeFunction",)
    assert [control in each for each in calling.resources] == [True]
    (role,) = [each for each in assembly.resources("AWS::IAM::Role") if each.name == "SchedulesRole"]
    (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Condition"]) == {"StringEquals", "ArnEquals"}
    assert "Policies" not in role.properties


def test_a_stack_made_anew_has_another_group_and_has_the_missing_schedules_made(assembly: Assembly) -> None:
    (group,) = assembly.resources("AWS::Scheduler::ScheduleGroup")
    assert '{"Ref": "AWS::StackId"}' in json.dumps(group.properties["Name"])
    (mending,) = assembly.resources("AWS::Scheduler::Schedule")
    assert mending.properties["GroupName"] == {"Ref": group.logical_id}
    assert mending.properties["ScheduleExpression"] == "rate(24 hours)"
    assert "StartDate" not in mending.properties, "the first call comes as soon as it is there"
    target = mending.properties["Target"]
    control = assembly.one("AWS::Lambda::Function", "Control").logical_id
    assert target["Arn"] == {"Fn::GetAtt": [control, "Arn"]}
    assert json.loads(target["Input"]) == {TASK: MEND}
    (role,) = [each for each in assembly.resources("AWS::IAM::Role") if each.name == "SchedulesRole"]
    assert target["RoleArn"] == {"Fn::GetAtt": [role.logical_id, "Arn"]}
    (may_call,) = [each for each in assembly.resources("AWS::IAM::Policy") if each.name == "SchedulesCall"]
    assert may_call.logical_id in mending.attributes["DependsOn"]


def test_only_trainings_can_be_stopped_by_callers(assembly: Assembly) -> None:
    stopping = [each for each in assembly.statements() if "states:StopExecution" in each.actions]
    assert [each.owner for each in stopping] == ["Control"]
    for resource, machine in zip(stopping[0].resources, ("Recommender", "Train"), strict=True):
        assert ":execution:" in resource and f"GetAtt{machine}" in resource


def test_roles_for_aws_services_are_taken_for_this_account_only(assembly: Assembly) -> None:
    trust = {
        role.name: role.properties["AssumeRolePolicyDocument"]["Statement"]
        for role in assembly.resources("AWS::IAM::Role")
    }
    (firehose,) = trust["EventStreamRole"]
    assert "sts:ExternalId" in firehose["Condition"]["StringEquals"]
    (sagemaker,) = [each for each in trust["JobRole"] if each["Principal"].get("Service") == "sagemaker.amazonaws.com"]
    assert "aws:SourceAccount" in sagemaker["Condition"]["StringEquals"]


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_is_given_the_settings_that_its_code_reads(assembly: Assembly, handler: str) -> None:
    given = set(assembly.one("AWS::Lambda::Function", handler.capitalize()).properties["Environment"]["Variables"])
    names = {setting.variable: name for name, setting in SETTINGS.items()}
    assert given <= set(names), "a variable that reco.settings does not know"
    graph = grimp.build_graph("reco", "lambdas", cache_dir=None)
    modules = {f"lambdas.{handler}.handler"} | graph.find_upstream_modules(f"lambdas.{handler}.handler")
    read = {
        match
        for module in modules - {"reco.settings"}
        for match in re.findall(r"\bsettings\.(\w+)", source_of(module))
        if match in SETTINGS
    }
    of_lambda = {"region", "function_name"}
    assert {names[variable] for variable in given} == read - of_lambda - NOT_ASKED_FOR.get(handler, set())


def source_of(module: str) -> str:
    path = ROOT / module.replace(".", "/")
    return (
        path.with_suffix(".py").read_text() if path.with_suffix(".py").is_file() else (path / "__init__.py").read_text()
    )
