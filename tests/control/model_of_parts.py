"""Rules for what a dataset group has beside data and models: trackers, filters, metric attributions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reco.arns import Kind
from tests.control.conftest import ROLE
from tests.control.model_machine import OWNER, Machine, in_group
from tests.control.model_world import Life

EXPRESSION = 'EXCLUDE {} WHERE Interactions.EVENT_TYPE IN ("click")'
METRIC = {"event_type": "click", "metric_name": "clicks", "expression": "SAMPLECOUNT()"}
MORE = {"event_type": "buy", "expression": "SAMPLECOUNT()"}


class GroupsParts(Machine):
    @rule(group=in_group)
    def create_event_tracker(self, group: str) -> None:
        parent = self.life(Kind.DATASET_GROUP, group)
        answer = self.ask("CreateEventTracker", name="t", dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group))
        fault = self.status_fault(parent)
        if fault is None and self.world.in_group(group, Kind.EVENT_TRACKER):
            fault = "LimitExceeded"
        if self.expect(answer, fault):
            drawn = answer["event_tracker_arn"].rpartition("/")[2]
            self.world.add(Life(Kind.EVENT_TRACKER, drawn, self.now, parent, group))

    @rule(group=in_group)
    def delete_event_tracker(self, group: str) -> None:
        for life in self.world.in_group(group, Kind.EVENT_TRACKER):
            self.delete(life.kind, life.id)

    @rule(group=in_group, of=st.sampled_from(["ItemID", "UserID"]))
    def create_filter(self, group: str, of: str = "ItemID") -> None:
        parent = self.life(Kind.DATASET_GROUP, group)
        answer = self.ask(
            "CreateFilter",
            name="f",
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            filter_expression=EXPRESSION.format(of),
        )
        # CreateFilter has no ResourceInUseException.
        fault = self.status_fault(parent)
        fault = "InvalidInput" if fault == "ResourceInUse" else fault
        if fault is None and self.world.dataset(group, "INTERACTIONS") is None:
            fault = "InvalidInput"
        if fault is None and self.life(Kind.FILTER, "f"):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.FILTER, "f", self.now, parent, group, filter=of))

    @rule()
    def delete_filter(self) -> None:
        jobs = [*self.world.of(Kind.BATCH_INFERENCE_JOB), *self.world.of(Kind.BATCH_SEGMENT_JOB)]
        self.delete(Kind.FILTER, "f", any(job.filter == "f" and job.busy(self.now) for job in jobs))

    @rule(group=in_group, name=st.sampled_from(["m", "n"]))
    def create_metric_attribution(self, group: str, name: str) -> None:
        parent = self.life(Kind.DATASET_GROUP, group)
        answer = self.ask(
            "CreateMetricAttribution",
            name=name,
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            metrics=[METRIC],
            metrics_output_config={"role_arn": ROLE},
        )
        fault = self.status_fault(parent)
        if fault is None and self.world.dataset(group, "INTERACTIONS") is None:
            fault = "InvalidInput"
        if fault is None and self.life(Kind.METRIC_ATTRIBUTION, name):
            fault = "ResourceAlreadyExists"
        if fault is None and self.world.in_group(group, Kind.METRIC_ATTRIBUTION):
            fault = "LimitExceeded"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.METRIC_ATTRIBUTION, name, self.now, parent, group))

    @rule(name=st.sampled_from(["m", "n"]), number=st.integers(1, 10**9))
    def update_metric_attribution(self, name: str, number: int) -> None:
        life = self.life(Kind.METRIC_ATTRIBUTION, name)
        arn = OWNER.arn(Kind.METRIC_ATTRIBUTION, name)
        shown: list[Any] = self.ask("ListMetricAttributionMetrics", metric_attribution_arn=arn)["metrics"]
        answer = self.ask(
            "UpdateMetricAttribution",
            metric_attribution_arn=arn,
            add_metrics=[{**MORE, "metric_name": f"more-{number}"}],
            remove_metrics=[each["metric_name"] for each in shown],
        )
        fault = None if life else "ResourceNotFound"
        if life and (life.deleted is not None or life.busy(self.now)):
            fault = "ResourceInUse"
        if self.expect(answer, fault) and life:
            life.updated = self.now

    @rule(name=st.sampled_from(["m", "n"]))
    def delete_metric_attribution(self, name: str) -> None:
        self.delete(Kind.METRIC_ATTRIBUTION, name)
