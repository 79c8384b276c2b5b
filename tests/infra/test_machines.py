"""The state machines: as data, and executed by the interpreter that the local stack uses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import LambdaFunction

from infra.machines import (
    OUTGROWN_ERRORS,
    Addresses,
    deploy_machine,
    import_machine,
    recommender_machine,
    train_machine,
)
from infra.train_machine import MOST_AT_ONCE
from local.clients import Clients
from local.containers import Containers
from local.state_machines import MOTO_CONFIGURATION, end_executions, executing
from reco.jobs.cost_tags import job_tags
from reco.jobs.plan import NOWHERE, Plan
from reco.jobs.workflow import JOBS
from tests.infra.templates import Assembly

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
LARGEST_PAYLOAD = 32_000

Functions = Mapping[str, Callable[[dict[str, Any]], Any]]


def addresses(key_arn: str | None = None) -> Addresses:
    def function(name: str) -> str:
        return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"

    return Addresses(
        partition="aws",
        workflow_arn=function("Workflow"),
        deployment_arn=function("Deployment"),
        job_arn=function("Job"),
        job_role_arn=f"arn:aws:iam::{ACCOUNT}:role/job",
        image_uri=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/assets:1",
        data_bucket="data",
        key_arn=key_arn,
    )


MACHINES = {
    "import": import_machine(addresses()),
    "train": train_machine(addresses()),
    "deploy": deploy_machine(addresses()),
    "recommender": recommender_machine(addresses()),
}


def following(state: Mapping[str, Any]) -> set[str]:
    catches = {catch["Next"] for catch in state.get("Catch", [])}
    choices = {choice["Next"] for choice in state.get("Choices", [])}
    return (
        catches | choices | ({state["Next"]} if "Next" in state else set()) | set(filter(None, [state.get("Default")]))
    )


def every_state(machine: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A machine's states, those inside a Map among them; a name stands for one state in the whole machine."""
    found: dict[str, dict[str, Any]] = {}
    for name, body in machine["States"].items():
        inside = every_state(body["ItemProcessor"]) if body["Type"] == "Map" else {}
        assert not (set(inside) | {name}) & set(found)
        found |= {name: body, **inside}
    return found


def ends_of(machine: Mapping[str, Any]) -> set[str]:
    """The states that end it, each of which and all others being reached."""
    states = machine["States"]
    reached, waiting = set(), [machine["StartAt"]]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += following(states[state])
    assert reached == set(states)
    return {state for state, body in states.items() if not following(body)}


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_leads_on(name: str) -> None:
    assert ends_of(MACHINES[name]) == {"Done", "Failed", "No ARN", "Refused"}


def test_every_run_of_a_round_ends_in_one_place() -> None:
    processor = MACHINES["train"]["States"]["Run the round"]["ItemProcessor"]
    assert ends_of(processor) == {"Ran"}
    assert processor["States"]["Ran"]["End"] is True


@pytest.mark.parametrize("name", MACHINES)
def test_every_failure_of_a_task_is_caught_and_marked(name: str) -> None:
    marking = {"Mark as failed": {"Failed"}, "Try in the function": {"Note the failure"}}
    marking["Try on an instance"] = marking["Try in the function"]
    for state, body in every_state(MACHINES[name]).items():
        if state == "Note the failure":
            # Its own failure is that of the round, which is caught.
            assert "Catch" not in body
        elif body["Type"] in ("Task", "Map"):
            last = body["Catch"][-1]
            assert last["ErrorEquals"] == ["States.ALL"]
            assert last["Next"] in marking.get(state, {"Mark as failed", "Claim failed"})
        assert body["Type"] != "Task" or body["Retry"]


@pytest.mark.parametrize("name", MACHINES)
def test_people_can_read_what_each_state_is_for(name: str) -> None:
    assert MACHINES[name]["Comment"].endswith("ARN.")
    for state, body in every_state(MACHINES[name]).items():
        assert body["Type"] == "Succeed" or body["Comment"][-1] in ".?", state


@pytest.mark.parametrize("name", MACHINES)
def test_the_steps_asked_for_are_the_steps_the_workflow_function_has(name: str) -> None:
    asked = {
        body["Parameters"]["Payload"]["step"]
        for body in every_state(MACHINES[name]).values()
        if body["Type"] == "Task" and body["Parameters"].get("FunctionName", "").endswith(":Workflow")
    }
    job = JOBS[name]
    assert asked == {"begin", "commit", "fail"} | {
        step for step in ("plan", "search", "note", "adopt", "settle") if getattr(job, step)
    }


@pytest.mark.parametrize("name", ["import", "train", "recommender"])
def test_what_is_taken_from_the_plan_is_in_the_plan(name: str) -> None:
    taken = {key.removesuffix(".$") for key in MACHINES[name]["States"]["Plan"]["ResultSelector"]}
    assert taken <= set(Plan.__dataclass_fields__)


def test_no_machine_ends_without_its_catch() -> None:
    # TimeoutSeconds over a whole machine would end it without running any state.
    assert not [name for name, machine in MACHINES.items() if "TimeoutSeconds" in machine]


def test_a_customer_key_encrypts_the_instance_and_its_output() -> None:
    parameters = train_machine(addresses("arn:key"))["States"]["Run on an instance"]["Parameters"]
    assert parameters["OutputDataConfig"]["KmsKeyId"] == "arn:key"
    assert parameters["ResourceConfig"]["VolumeKmsKeyId"] == "arn:key"


def test_the_template_holds_these_very_definitions(assembly: Assembly) -> None:
    for name, machine in MACHINES.items():
        rendered = assembly.one("AWS::StepFunctions::StateMachine", name.capitalize()).properties["DefinitionString"]
        text = "".join(part if isinstance(part, str) else "X" for part in rendered["Fn::Join"][1])
        there = json.loads(text)
        assert list(there["States"]) == list(machine["States"])
        for state, body in machine["States"].items():
            assert set(there["States"][state]) == set(body), state
            assert there["States"][state]["Type"] == body["Type"]
        # Empty lists and nested machines come through as they are.
        assert there["States"].get("Begin the search") == machine["States"].get("Begin the search")
        assert list(every_state(there)) == list(every_state(machine))


class Run:
    """One execution to its end, with functions in place of ours."""

    def __init__(self, machine: str, given: str) -> None:
        states = boto3.client("stepfunctions", region_name="us-east-1")
        lambda_ = boto3.client("lambda", region_name="us-east-1")
        boto3.client("iam").create_role(RoleName="machine", AssumeRolePolicyDocument="{}")
        for name in ("Workflow", "Deployment", "Job"):
            lambda_.create_function(
                FunctionName=name, Role=ROLE, Runtime="python3.13", Handler="x.y", Code={"ZipFile": b"x"}
            )
        arn = states.create_state_machine(name=machine, definition=json.dumps(MACHINES[machine]), roleArn=ROLE)
        started = states.start_execution(stateMachineArn=arn["stateMachineArn"], input=given)
        deadline = time.monotonic() + 30
        while True:
            self.end = states.describe_execution(executionArn=started["executionArn"])
            if self.end["status"] != "RUNNING":
                break
            assert time.monotonic() < deadline, "the execution does not end"
            time.sleep(0.01)
        self.execution = started["executionArn"]
        self.history = states.get_execution_history(executionArn=started["executionArn"])["events"]

    @property
    def entered(self) -> list[str]:
        return [each["stateEnteredEventDetails"]["name"] for each in self.history if "stateEnteredEventDetails" in each]

    @property
    def steps(self) -> list[str]:
        return [each.get("step", "job") for each in CALLS]


CALLS: list[dict[str, Any]] = []


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Run]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    CALLS.clear()
    offered: dict[str, Callable[[dict[str, Any]], Any]] = {}

    def invoke(function: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        payload = json.loads(event) if isinstance(event, str) else event
        CALLS.append(payload)
        answer = offered[payload.get("step", "job")](payload)
        if isinstance(answer, Exception):
            return json.dumps({"errorType": answer.args[0], "errorMessage": answer.args[1]}), True, ""
        return json.dumps(answer), False, ""

    monkeypatch.setattr(LambdaFunction, "_invoke_lambda", invoke)

    def start(machine: str, functions: Functions, given: str = '{"arn": "arn:of:it"}') -> Run:
        offered.update(functions)
        return Run(machine, given)

    with mock_aws(config=MOTO_CONFIGURATION), executing(Containers({}), Clients("us-east-1")):
        yield start
        end_executions()


PLAN = {
    "tier": "function",
    "reason": "it is small",
    "command": "import",
    "specification": "s3://data/jobs/1/2/specification.json",
    "job_name": "reco-import-1-2",
    "instance_type": "ml.m5.xlarge",
    "volume_gb": 10,
    "max_runtime_s": 86_400,
    "search": False,
    "tags": [{"Key": "team", "Value": "search"}, {"Key": "quarter", "Value": ""}],
}
WELL: Functions = {
    "begin": lambda _: {"arn": "arn:of:it", "attempt": "a1", "proceed": True, "refused": False, "reason": ""},
    "plan": lambda _: PLAN,
    "job": lambda _: {},
    "search": lambda _: {"more": False, "runs": []},
    "note": lambda _: {},
    "adopt": lambda _: {"summary": {"artefact": "s3://data/models/1/2/"}},
    "check": lambda _: {"probes": 20},
    "commit": lambda _: {"settle_s": 0, "summary": {"rows": 1000, "report": "s3://data/jobs/1/2/report.json"}},
    "settle": lambda _: {},
    "fail": lambda _: {"status": "CREATE FAILED"},
}

Start = Callable[..., Run]


@pytest.mark.parametrize("machine", ["import", "train"])
def test_small_work_is_planned_done_in_the_function_and_committed(run: Start, machine: str) -> None:
    done = run(machine, WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "job", "commit"]
    begin, plan, job, commit = CALLS
    assert begin == {"step": "begin", "machine": machine, "arn": "arn:of:it", "execution": done.execution}
    assert plan == {**begin, "step": "plan", "attempt": "a1"}
    assert job == {"command": PLAN["command"], "specification": PLAN["specification"]}
    assert commit == {**begin, "step": "commit", "attempt": "a1"}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_output_says_what_came_of_it_and_on_which_machine(run: Start, machine: str) -> None:
    output = json.loads(run(machine, WELL).end["output"])
    assert output["commit"]["summary"] == {"rows": 1000, "report": "s3://data/jobs/1/2/report.json"}
    if machine != "deploy":
        assert (output["plan"]["tier"], output["plan"]["reason"]) == ("function", "it is small")


def test_a_deployment_is_checked_committed_and_settled(run: Start) -> None:
    done = run("deploy", WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "check", "commit", "settle"]
    assert "Wait for caches" in done.entered


def test_a_recommender_is_trained_and_then_served(run: Start) -> None:
    done = run("recommender", WELL)
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "job", "adopt", "check", "commit", "settle"]
    assert {each["machine"] for each in CALLS if "machine" in each} == {"recommender"}
    assert json.loads(done.end["output"])["trained"]["summary"] == {"artefact": "s3://data/models/1/2/"}


def test_a_recommender_whose_model_will_do_is_served_without_a_training(run: Start) -> None:
    done = run("recommender", {**WELL, "plan": lambda _: {**PLAN, "tier": NOWHERE}})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "check", "commit", "settle"]


def test_a_large_recommender_is_trained_on_an_instance(run: Start) -> None:
    done = run("recommender", {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "adopt", "check", "commit", "settle"]
    assert len(boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]) == 1


@pytest.mark.parametrize("machine", ["import", "train", "recommender"])
def test_an_instance_carries_the_tags_of_what_it_works_for(run: Start, machine: str) -> None:
    done = run(machine, {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert done.end["status"] == "SUCCEEDED", done.end
    sagemaker = boto3.client("sagemaker")
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == PLAN["tags"]


@pytest.mark.parametrize("machine", MACHINES)
def test_as_many_tags_as_there_may_be_fit_into_a_state(run: Start, machine: str) -> None:
    tags = job_tags({f"{number:02d}{'k' * 126}": "v" * 256 for number in range(50)})
    done = run(machine, {**WELL, "plan": lambda _: {**PLAN, "tags": tags}})
    assert done.end["status"] == "SUCCEEDED", done.end
    entered = [each["stateEnteredEventDetails"] for each in done.history if "stateEnteredEventDetails" in each]
    assert max(len(each["input"]) for each in entered) < LARGEST_PAYLOAD


@pytest.mark.parametrize("machine", MACHINES)
def test_a_job_that_is_done_or_in_other_hands_is_left_alone(run: Start, machine: str) -> None:
    idle = {"arn": "arn:of:it", "attempt": "", "proceed": False, "refused": False, "reason": "it is done"}
    done = run(machine, {**WELL, "begin": lambda _: idle})
    assert done.end["status"] == "SUCCEEDED"
    assert done.steps == ["begin"]
    assert json.loads(done.end["output"])["claim"]["reason"] == "it is done"


@pytest.mark.parametrize("machine", MACHINES)
def test_an_arn_of_nothing_to_work_on_ends_failed_with_the_plain_reason(run: Start, machine: str) -> None:
    why = "arn:of:it is not the ARN of a campaign of this account"
    refusal = {"arn": "arn:of:it", "attempt": "", "proceed": False, "refused": True, "reason": why}
    done = run(machine, {**WELL, "begin": lambda _: refusal})
    assert (done.end["status"], done.end["error"], done.end["cause"]) == ("FAILED", "InvalidInput", why)
    assert done.steps == ["begin"]


@pytest.mark.parametrize("given", ["{}", "[]", "7", '"arn"', '{"arn": null}', '{"arn": {}}', '{"ARN": "x"}'])
def test_input_without_an_arn_ends_failed_before_the_first_step(run: Start, given: str) -> None:
    done = run("train", WELL, given)
    assert (done.end["status"], done.end["error"]) == ("FAILED", "InvalidInput")
    assert done.end["cause"] == 'The input must be {"arn": "ARN OF THE RESOURCE"}.'
    assert CALLS == []


@pytest.mark.parametrize(
    ("machine", "step"),
    [("import", "plan"), ("train", "job"), ("import", "commit"), ("deploy", "check"), ("deploy", "settle")]
    + [("recommender", step) for step in ("plan", "job", "adopt", "check", "commit", "settle")],
)
def test_a_failed_step_is_marked_with_its_attempt_and_cause(run: Start, machine: str, step: str) -> None:
    done = run(machine, {**WELL, step: lambda _: ValueError("UserFault", "the column PRICE is missing")})
    assert done.end["status"] == "FAILED"
    assert done.end["error"] == "JobFailed"
    assert "the column PRICE is missing" in done.end["cause"]
    marked = CALLS[-1]
    assert (marked["step"], marked["attempt"], marked["execution"]) == ("fail", "a1", done.execution)
    assert marked["error"]["Error"] == "UserFault"


def test_a_failed_claim_is_marked_without_an_attempt(run: Start) -> None:
    done = run("train", {**WELL, "begin": lambda _: ValueError("KeyError", "'arn'")})
    assert done.end["status"] == "FAILED"
    assert (CALLS[-1]["step"], CALLS[-1]["attempt"]) == ("fail", "")


@pytest.mark.parametrize("error", [error for error in OUTGROWN_ERRORS if not error.startswith("States.")])
def test_work_that_outgrows_the_function_goes_to_an_instance(run: Start, error: str) -> None:
    done = run("import", {**WELL, "job": lambda _: ValueError(error, "too small")})
    assert "Run on an instance" in done.entered
    assert done.end["status"] == "SUCCEEDED", done.end


def test_large_work_goes_to_an_instance_at_once(run: Start) -> None:
    done = run("train", {**WELL, "plan": lambda _: {**PLAN, "tier": "instance"}})
    assert "Run on an instance" in done.entered
    assert "job" not in done.steps
    assert done.end["status"] == "SUCCEEDED", done.end
    (job,) = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    described = boto3.client("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])
    assert described["TrainingJobName"] == PLAN["job_name"]
    assert described["HyperParameters"] == {"command": PLAN["command"], "specification": PLAN["specification"]}
    assert described["ResourceConfig"] == {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 10}


def round_of(*names: str, tier: str = "function") -> list[dict[str, str]]:
    """Runs with addresses and names as long as real ones."""
    folder = f"s3://reco-storage-data-1a2b3c4d5e6f7a8b9c0d/jobs/{'1' * 32}/{'2' * 16}/search"
    return [
        {
            "name": name,
            "tier": tier,
            "command": "trial",
            "specification": f"{folder}/{name}/specification.json",
            "job_name": f"reco-propose-{'1' * 16}-{'2' * 16}-{name}",
        }
        for name in names
    ]


def searching(*rounds: list[dict[str, str]]) -> Functions:
    """Functions of a training that searches these rounds."""
    left = list(rounds)

    def search(_: dict[str, Any]) -> dict[str, Any]:
        return {"more": bool(left), "runs": left.pop(0) if left else []}

    return {**WELL, "plan": lambda _: {**PLAN, "command": "train", "search": True}, "search": search}


def test_a_search_runs_its_rounds_one_after_another_and_then_the_training(run: Start) -> None:
    trials = [f"trial-{number:03d}" for number in range(3)]
    done = run("train", searching(round_of("round-00"), round_of(*trials)))
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.steps == ["begin", "plan", "search", "job", "search", "job", "job", "job", "search", "job", "commit"]
    looks = [each for each in CALLS if each.get("step") == "search"]
    assert [each["ran"] for each in looks] == [[], ["round-00"], trials]
    assert all(each["attempt"] == "a1" and each["execution"] == done.execution for each in looks)
    jobs = [each for each in CALLS if "step" not in each]
    assert jobs[0] == {"command": "trial", "specification": round_of("round-00")[0]["specification"]}
    assert jobs[-1] == {"command": "train", "specification": PLAN["specification"]}


def test_a_trial_that_fails_is_noted_and_ends_nothing_else(run: Start) -> None:
    runs = round_of("trial-000", "trial-001")

    def job(payload: dict[str, Any]) -> Any:
        bad = payload["specification"] == runs[1]["specification"]
        return ValueError("UserFault", "there is nothing in it") if bad else {}

    done = run("train", {**searching(runs), "job": job})
    assert done.end["status"] == "SUCCEEDED", done.end
    (noted,) = [each for each in CALLS if each.get("step") == "note"]
    assert (noted["run"], noted["attempt"], noted["machine"]) == ("trial-001", "a1", "train")
    assert noted["error"]["Error"] == "UserFault"
    assert CALLS[-1]["step"] == "commit"


def test_a_trial_that_outgrows_the_function_goes_to_an_instance(run: Start) -> None:
    def job(payload: dict[str, Any]) -> Any:
        return ValueError("MemoryError", "too small") if "trial-000" in payload["specification"] else {}

    done = run("train", {**searching(round_of("trial-000", "trial-001")), "job": job})
    assert done.end["status"] == "SUCCEEDED", done.end
    assert done.entered.count("Try on an instance") == 1
    (job_made,) = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert job_made["TrainingJobName"] == round_of("trial-000")[0]["job_name"]
    assert "note" not in done.steps


def test_trials_on_instances_are_jobs_of_their_own(run: Start) -> None:
    names = [f"trial-{number:03d}" for number in range(4)]
    done = run("train", searching(round_of(*names, tier="instance")))
    assert done.end["status"] == "SUCCEEDED", done.end
    made = boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert {each["TrainingJobName"][-9:] for each in made} == set(names)
    assert done.steps.count("job") == 1, "the training itself"


@pytest.mark.parametrize("step", ["search", "note"])
def test_a_search_that_cannot_go_on_fails_the_training(run: Start, step: str) -> None:
    failing = {
        **searching(round_of("trial-000")),
        "job": lambda _: ValueError("UserFault", "bad"),
        step: lambda _: ValueError("StaleAttempt", "attempt a1 has been replaced"),
    }
    done = run("train", failing)
    assert (done.end["status"], done.end["error"]) == ("FAILED", "JobFailed")
    assert CALLS[-1]["step"] == "fail"
    assert CALLS[-1]["error"]["Error"] == "StaleAttempt"


def test_the_largest_round_fits_into_a_state(run: Start) -> None:
    names = [f"trial-{number:03d}" for number in range(MOST_AT_ONCE)]
    chatty = {
        name: (lambda payload, made=made: {**made(payload), "more_of_it": "x" * 200_000})
        for name, made in searching(round_of("round-00"), round_of(*names)).items()
    }
    done = run("train", {**chatty, "job": lambda _: ValueError("UserFault", "y" * 30_000)})
    assert done.entered.count("Note the failure") == 1 + MOST_AT_ONCE
    carried = [
        len(each["stateEnteredEventDetails"]["input"]) for each in done.history if "stateEnteredEventDetails" in each
    ]
    outside = [size for size, name in zip(carried, done.entered, strict=True) if name in MACHINES["train"]["States"]]
    assert max(outside[:-3]) < LARGEST_PAYLOAD, "before the training's own failure"


@pytest.mark.parametrize("machine", MACHINES)
def test_no_state_carries_more_than_names_and_addresses(run: Start, machine: str) -> None:
    chatty = {
        name: (lambda payload, made=made: {**made(payload), "more": "x" * 200_000}) for name, made in WELL.items()
    }
    done = run(machine, {**chatty, "check": WELL["check"]})
    assert done.end["status"] == "SUCCEEDED", done.end
    carried = [
        len(each["stateEnteredEventDetails"]["input"]) for each in done.history if "stateEnteredEventDetails" in each
    ]
    assert max(carried) < LARGEST_PAYLOAD
