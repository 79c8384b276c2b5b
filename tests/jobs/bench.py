"""A deployment in moto with resources as control leaves them, and executions that a test moves by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import boto3

from reco.arns import Kind, Owner
from reco.errors import UserFault
from reco.jobs.attempt import JobContext
from reco.jobs.plan import NOWHERE
from reco.jobs.specification import specification_from_json, to_json
from reco.jobs.workflow import take_step
from reco.settings import Settings, environment_for
from reco.storage.access import CallersRights
from reco.storage.objects import Objects
from reco.storage.resources import Resource, ResourceTable
from reco.storage.tables import PARTITION_KEY, SORT_KEY
from tests.faults import ANY, Faults, Kill
from tests.jobs import stand_in
from tests.processes import Death, Ended, in_a_process

REGION = "eu-west-1"
OWNER = Owner("123456789012", REGION)
GROUP = OWNER.arn(Kind.DATASET_GROUP, "shop")
DATASET = OWNER.arn(Kind.DATASET, "shop/INTERACTIONS")
SCHEMA = OWNER.arn(Kind.SCHEMA, "clicks")
IMPORT = OWNER.arn(Kind.DATASET_IMPORT_JOB, "monday")
SOLUTION = OWNER.arn(Kind.SOLUTION, "als")
VERSION = OWNER.arn(Kind.SOLUTION_VERSION, "als/0a1b2c3d")
OTHER_VERSION = OWNER.arn(Kind.SOLUTION_VERSION, "als/99999999")
CAMPAIGN = OWNER.arn(Kind.CAMPAIGN, "front")
RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization"
JOB_ROLE = "arn:aws:iam::123456789012:role/job"
START = 1_700_000_000.0
CSV = b"USER_ID,ITEM_ID,TIMESTAMP\n1,2,3\n"


def make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="resources",
        KeySchema=[
            {"AttributeName": PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (PARTITION_KEY, SORT_KEY)],
        BillingMode="PAY_PER_REQUEST",
    )


@dataclass
class Bench:
    """One deployment. Times move only by `now`."""

    now: float = START
    containers: list[str] = field(default_factory=list)
    """Name of the folder of each container that ran, the attempt's token for the job itself; killed ones too."""
    failing: set[int] = field(default_factory=set)
    """Numbers of the trials that fail."""
    process: int = 0
    """Number of the process that works here; each draws tokens of its own."""
    schema: str = "{}"
    """Of the dataset."""
    source: bytes = CSV
    """What lies at the imports' location."""
    environment: dict[str, str] = field(init=False)
    context: JobContext = field(init=False)
    machine: str = field(init=False)

    def __post_init__(self) -> None:
        dynamodb, s3 = (boto3.client(name, region_name=REGION) for name in ("dynamodb", "s3"))
        make_table(dynamodb)
        for bucket in ("home", "callers-data"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="callers-data", Key="clicks.csv", Body=self.source)
        executions = boto3.client("stepfunctions", region_name=REGION)
        self.environment = environment_for(
            region=REGION,
            data_bucket="home",
            events_table="events",
            resources_table="resources",
            instance_type="ml.m5.xlarge",
            function_memory_mb=3008,
            pointer_cache_s=10,
            customer_key="",
            bad_row_share=0.05,
            minimum_interactions=1000,
        )
        tokens = count()
        self.context = JobContext(
            table=ResourceTable(dynamodb, "resources"),
            home=Objects(s3),
            executions=executions,
            callers=CallersRights(
                boto3.Session(region_name=REGION),
                job_role=JOB_ROLE,
                external_id="deployment-1",
                data_buckets=["callers-data"],
                own_bucket=self.environment["RECO_DATA_BUCKET"],
            ),
            settings=Settings(self.environment),
            clock=lambda: self.now,
            draw_token=lambda: f"{self.process:08x}{next(tokens):08x}",
        )
        self.machine = self.make_machine("any")
        self._names = count()
        self._fill()
        self._first = self.stored()

    def stored(self) -> list[dict[str, Any]]:
        """All resources, for `reset`."""
        items: list[dict[str, Any]] = self.context.table.client.scan(TableName="resources")["Items"]
        return items

    def reset(self, items: list[dict[str, Any]] | None = None) -> Bench:
        """All resources as at first, or as they were stored; executions and clients stay: making these takes long."""
        items = self._first if items is None else items
        self.now = START
        self.containers.clear()
        self.failing.clear()
        self.context.home.client.put_object(Bucket="callers-data", Key="clicks.csv", Body=self.source)
        dynamodb = self.context.table.client
        dynamodb.delete_table(TableName="resources")
        make_table(dynamodb)
        for start in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            dynamodb.batch_write_item(RequestItems={"resources": puts})
        return self

    # Resources

    def _fill(self) -> None:
        self.put(Kind.DATASET_GROUP, "shop", {"name": "shop"})
        self.put(Kind.SCHEMA, "clicks", {"name": "clicks", "schema": self.schema})
        self.put(
            Kind.DATASET,
            "shop/INTERACTIONS",
            {"dataset_group_arn": GROUP, "schema_arn": SCHEMA, "dataset_type": "INTERACTIONS"},
        )
        self.put(
            Kind.SOLUTION,
            "als",
            {
                "dataset_group_arn": GROUP,
                "recipe_arn": RECIPE,
                "solution_config": {"algorithm_hyper_parameters": {"hidden_dimension": "16"}},
            },
        )
        self.put_import()
        body = {"solution_arn": SOLUTION}
        self.put(Kind.SOLUTION_VERSION, "als/0a1b2c3d", body, status="CREATE PENDING", parent=SOLUTION)

    def put_key(self, key_arn: str) -> None:
        """Gives the dataset group a key of its own."""
        self.context.table.update(
            Kind.DATASET_GROUP, "shop", lambda group: replace(group, body={**group.body, "kms_key_arn": key_arn})
        )

    def put_import(
        self,
        name: str = "monday",
        mode: str = "FULL",
        location: str = "s3://callers-data/clicks.csv",
        role: str | None = None,
    ) -> str:
        body = {
            "dataset_arn": DATASET,
            "data_source": {"data_location": location},
            "role_arn": role,
            "import_mode": mode,
        }
        self.put(Kind.DATASET_IMPORT_JOB, name, body, status="CREATE PENDING")
        return OWNER.arn(Kind.DATASET_IMPORT_JOB, name)

    def put_trained_version(self, arn: str, mark: str) -> None:
        self.put(
            Kind.SOLUTION_VERSION,
            arn.partition("solution/")[2],
            {"solution_arn": SOLUTION},
            status="ACTIVE",
            inner={"artefact": {"uri": f"s3://home/models/{mark}/", "digest": mark}},
        )

    def put_search(self, jobs: int = 5, parallel: int = 2) -> None:
        """Makes the version one that searches hidden_dimension."""
        ranges = {"integer_hyper_parameter_ranges": [{"name": "hidden_dimension", "min_value": 32, "max_value": 64}]}
        resources = {"max_number_of_training_jobs": str(jobs), "max_parallel_training_jobs": str(parallel)}
        config = {"hpo_config": {"algorithm_hyper_parameter_ranges": ranges, "hpo_resource_config": resources}}
        self.change_version(perform_hpo=True, solution_config=config, recipe_arn=RECIPE)

    def put_auto_ml(self, *recipes: str) -> None:
        """Makes the version one that chooses among recipes."""
        self.change_version(
            perform_auto_ml=True,
            solution_config={"auto_ml_config": {"recipe_list": list(recipes), "metric_name": "precision_at_5"}},
        )
        self.context.table.update(
            Kind.SOLUTION,
            "als",
            lambda solution: replace(
                solution, body={name: value for name, value in solution.body.items() if name != "recipe_arn"}
            ),
        )

    def change_version(self, **members: Any) -> None:
        self.context.table.update(
            Kind.SOLUTION_VERSION,
            "als/0a1b2c3d",
            lambda version: replace(version, body={**version.body, **members}),
        )

    def put_campaign(self) -> None:
        self.put_trained_version(OWNER.arn(Kind.SOLUTION_VERSION, "als/11111111"), "first")
        self.put_trained_version(OTHER_VERSION, "second")
        body = {
            "solution_version_arn": OWNER.arn(Kind.SOLUTION_VERSION, "als/11111111"),
            "min_provisioned_tps": 1,
            "campaign_config": None,
        }
        self.put(Kind.CAMPAIGN, "front", body, status="CREATE PENDING")

    def update_campaign(self) -> None:
        update = {
            "id": "u1",
            "solution_version_arn": OTHER_VERSION,
            "min_provisioned_tps": 2,
            "campaign_config": None,
            "status": "CREATE PENDING",
            "failure_reason": None,
            "created_at": self.now,
            "updated_at": self.now,
        }
        self.context.table.update(
            Kind.CAMPAIGN, "front", lambda current: replace(current, inner={**current.inner, "update": update})
        )

    def put(self, kind: Kind, resource_id: str, body: dict[str, Any], **more: Any) -> Resource:
        incarnation = f"{kind.value}-{resource_id}".replace("/", "-")
        return self.context.table.create(
            Resource(kind, resource_id, incarnation, body, created_at=self.now, updated_at=self.now, **more)
        )

    def get(self, kind: Kind, resource_id: str) -> Resource:
        found = self.context.table.get(kind, resource_id)
        assert found is not None
        return found

    @property
    def job(self) -> Resource:
        return self.get(Kind.DATASET_IMPORT_JOB, "monday")

    @property
    def dataset(self) -> Resource:
        return self.get(Kind.DATASET, "shop/INTERACTIONS")

    @property
    def version(self) -> Resource:
        return self.get(Kind.SOLUTION_VERSION, "als/0a1b2c3d")

    @property
    def campaign(self) -> Resource:
        return self.get(Kind.CAMPAIGN, "front")

    # Executions

    def make_machine(self, name: str) -> str:
        """The ARN of a machine whose executions run until `stop`; names of executions are its own."""
        definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
        made = self.context.executions.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/states"
        )
        return str(made["stateMachineArn"])

    def start(self, name: str | None = None) -> str:
        """A new execution, which runs until `stop`."""
        answer = self.context.executions.start_execution(
            stateMachineArn=self.machine, name=name or f"e{next(self._names)}"
        )
        return str(answer["executionArn"])

    def stop(self, execution: str) -> None:
        self.context.executions.stop_execution(executionArn=execution)

    def step(self, step: str, arn: str, execution: str, **more: Any) -> dict[str, Any]:
        word = arn.split(":")[5].partition("/")[0]
        machine = {"dataset-import-job": "import", "solution": "train", "campaign": "deploy"}.get(word, word)
        return take_step(self.context, {"step": step, "machine": machine, "arn": arn, "execution": execution, **more})

    def begin(self, arn: str, execution: str | None = None) -> tuple[str, str]:
        execution = execution or self.start()
        answer = self.step("begin", arn, execution)
        assert answer["proceed"], answer["reason"]
        return execution, answer["attempt"]

    def run_container(self, plan: dict[str, Any]) -> None:
        """Answers as the container does, without its work.

        Raises:
            UserFault: it is one of the trials that fail.
        """
        text = self.context.home.read_text(plan["specification"])
        assert text is not None
        specification = specification_from_json(text)
        self.containers.append(specification.attempt_uri.rstrip("/").rpartition("/")[2])
        result = stand_in.result_of(self.context.home, specification, self.failing)
        home = self.context.home.under(specification.kms_key_arn)
        home.write_text(specification.attempt_uri + "result.json", to_json(result))

    def check(self, arn: str, attempt: str) -> None:
        """What the deployment function does: nothing here, where no container leaves a model to try."""

    def apart(self, work: Callable[[], Any], death: Death | None = None) -> Ended:
        """Does work of the machine in a process of its own, which may die."""
        return in_a_process(work, death)

    def search(self, arn: str, execution: str, attempt: str) -> None:
        """What the machine does between plan and training, one run after another."""
        ran: list[str] = []
        while True:
            answer = self.step("search", arn, execution, attempt=attempt, ran=ran)
            if not answer["more"]:
                return
            for each in answer["runs"]:
                try:
                    self.run_container(each)
                except UserFault as fault:
                    error = {"Error": "UserFault", "Cause": json.dumps({"errorMessage": fault.message})}
                    self.step("note", arn, execution, attempt=attempt, run=each["name"], error=error)
            ran = [each["name"] for each in answer["runs"]]

    def run(self, arn: str, execution: str) -> str:
        """What a state machine does with these steps; returns how it ended: done, idle or failed."""
        claim = self.step("begin", arn, execution)
        if not claim["proceed"]:
            return "idle"
        shown = {"attempt": claim["attempt"]}
        if "campaign/" not in arn:
            plan = self.step("plan", arn, execution, **shown)
            if plan["search"]:
                self.search(arn, execution, claim["attempt"])
            if plan["tier"] != NOWHERE:
                self.run_container(plan)
                if "recommender/" in arn:
                    self.step("adopt", arn, execution, **shown)
        if "campaign/" in arn or "recommender/" in arn:
            self.check(arn, claim["attempt"])
        if self.step("commit", arn, execution, **shown)["settle_s"]:
            self.step("settle", arn, execution, **shown)
        return "done"

    @property
    def clients(self) -> tuple[Any, ...]:
        """Every client through which the steps, and the containers' stand-in, speak to AWS."""
        return self.context.table.client, self.context.home.client, self.context.executions

    @contextmanager
    def killed_at(self, number: int) -> Iterator[Callable[[], int]]:
        """Ends the process right after its `number`-th call to AWS was carried out.

        Yields how many calls were made.
        """
        with Faults() as faults:
            faults.add(self.clients, ANY, Kill(after=True), skip=number - 1, times=1)
            yield lambda: len(faults.sent)
