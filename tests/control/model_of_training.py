"""Rules for solutions, their versions, and the batch jobs that these answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from reco.arns import Kind
from tests.control.conftest import RECIPE, ROLE
from tests.control.jobs import SEGMENTS
from tests.control.model_machine import OWNER, Machine, in_group
from tests.control.model_world import Life

RECIPES = {"s": RECIPE, "t": RECIPE, "seg": SEGMENTS}
MOST_VERSIONS = 5
"""Of one solution that are trained to the end: a list of many tells nothing more."""
UNFINISHED = ("CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING")
BATCH = {
    Kind.BATCH_INFERENCE_JOB: ("CreateBatchInferenceJob", RECIPE),
    Kind.BATCH_SEGMENT_JOB: ("CreateBatchSegmentJob", SEGMENTS),
}
"""The operation, and the recipe whose versions it takes."""

of_solution = st.sampled_from(["s", "s", "seg", "t"])
of_version = st.sampled_from(["v", "v", "w"])
"""The first more often, so that what needs one meets it."""


class Training(Machine):
    @rule(name=of_solution, group=in_group)
    def create_solution(self, name: str, group: str) -> None:
        answer = self.ask(
            "CreateSolution",
            name=name,
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            recipe_arn=RECIPES[name],
        )
        parent = self.life(Kind.DATASET_GROUP, group)
        fault = self.status_fault(parent)
        if fault is None and self.world.dataset(group, "INTERACTIONS") is None:
            fault = "InvalidInput"
        if fault is None and self.life(Kind.SOLUTION, name):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.SOLUTION, name, self.now, parent, group))

    @rule(name=of_solution, automatic=st.booleans())
    def update_solution(self, name: str, automatic: bool) -> None:
        life = self.life(Kind.SOLUTION, name)
        answer = self.ask(
            "UpdateSolution", solution_arn=OWNER.arn(Kind.SOLUTION, name), perform_auto_training=automatic
        )
        fault = self.status_fault(life)
        if fault is None and life and life.solution_updating(self.now):
            fault = "ResourceInUse"
        if self.expect(answer, fault) and life:
            life.updated = self.now

    @rule(name=of_solution)
    def delete_solution(self, name: str) -> None:
        life = self.life(Kind.SOLUTION, name)
        blocked = life is not None and (
            life.solution_updating(self.now)
            or bool(self.world.children(life, Kind.CAMPAIGN))
            or any(each.written in UNFINISHED for each in self.world.children(life, Kind.SOLUTION_VERSION))
        )
        self.delete(Kind.SOLUTION, name, blocked)

    @rule(name=of_solution, version=of_version)
    def train(self, name: str, version: str) -> None:
        # Of two versions the newer one is known by its time.
        self.tick(1.0)
        answer = self.ask("CreateSolutionVersion", solution_arn=OWNER.arn(Kind.SOLUTION, name), name=version)
        parent = self.life(Kind.SOLUTION, name)
        fault = self.status_fault(parent)
        if fault is None and parent and self.world.dataset(parent.group, "INTERACTIONS") is None:
            fault = "InvalidInput"
        if fault is None and self.life(Kind.SOLUTION_VERSION, f"{name}/{version}"):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault) and parent:
            made = Life(
                Kind.SOLUTION_VERSION, f"{name}/{version}", self.now, parent, parent.group, written="CREATE PENDING"
            )
            self.world.add(made)

    @precondition(lambda self: self._trainable())
    @rule(data=st.data(), status=st.sampled_from(["ACTIVE", "ACTIVE", "CREATE FAILED"]))
    def train_to_the_end(self, data: st.DataObject, status: str) -> None:
        """One more version, of a name of its own: as often as is needed to see who follows."""
        solution = data.draw(st.sampled_from(self._trainable()), label="solution")
        number = len(self.world.children(solution, Kind.SOLUTION_VERSION))
        self.train(solution.id, f"x{number}")
        made = self.life(Kind.SOLUTION_VERSION, f"{solution.id}/x{number}")
        assert made is not None
        self.write(made, status, metrics={"coverage": 0.5})

    def _trainable(self) -> list[Life]:
        """Solutions that may have another version, of which there are few."""
        return [
            life
            for life in self.world.of(Kind.SOLUTION)
            if life.status(self.now) == "ACTIVE"
            and self.world.dataset(life.group, "INTERACTIONS")
            and len(self.world.children(life, Kind.SOLUTION_VERSION)) < MOST_VERSIONS
        ]

    @rule(name=of_solution, version=of_version)
    def stop_training(self, name: str, version: str) -> None:
        life = self.life(Kind.SOLUTION_VERSION, f"{name}/{version}")
        answer = self.ask(
            "StopSolutionVersionCreation",
            solution_version_arn=OWNER.arn(Kind.SOLUTION_VERSION, f"{name}/{version}"),
        )
        becomes = {"CREATE PENDING": "CREATE STOPPED", "CREATE IN_PROGRESS": "CREATE STOPPING"}
        if life is None:
            assert answer == "ResourceNotFound"
        elif life.written not in becomes:
            assert answer == "InvalidInput"
        else:
            assert answer is None
            life.written = becomes[life.written]

    @rule(
        kind=st.sampled_from(sorted(BATCH)),
        name=of_solution,
        version=of_version,
        job=st.sampled_from(["b", "c"]),
        filtered=st.booleans(),
    )
    def create_batch_job(self, kind: Kind, name: str, version: str, job: str, filtered: bool) -> None:
        operation, recipe = BATCH[kind]
        with_filter = {"filter_arn": OWNER.arn(Kind.FILTER, "f")} if filtered else {}
        answer = self.ask(
            operation,
            job_name=job,
            solution_version_arn=OWNER.arn(Kind.SOLUTION_VERSION, f"{name}/{version}"),
            role_arn=ROLE,
            job_input={"s3_data_source": {"path": "s3://bucket/in/users.json"}},
            job_output={"s3_data_destination": {"path": "s3://bucket/out/"}},
            **with_filter,
        )
        parent = self.life(Kind.SOLUTION_VERSION, f"{name}/{version}")
        fault = self.status_fault(parent) or self.status_fault(self.life(Kind.SOLUTION, name))
        if fault is None and RECIPES[name] != recipe:
            fault = "InvalidInput"
        if fault is None and parent and filtered:
            fault = self._filter_fault(kind, parent.group)
        if fault is None and self.life(kind, job):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault) and parent:
            self.world.add(Life(kind, job, self.now, parent, parent.group, filter="f" if filtered else ""))

    def _filter_fault(self, kind: Kind, group: str) -> str | None:
        life = self.life(Kind.FILTER, "f")
        if life and life.group != group:
            return "InvalidInput"
        wanted = "UserID" if kind is Kind.BATCH_SEGMENT_JOB else "ItemID"
        return self.status_fault(life) or ("InvalidInput" if life and life.filter != wanted else None)
