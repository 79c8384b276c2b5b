"""Rules for recommenders: their updates, stops and starts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reco.arns import Kind
from tests.control.domain_shop import FOR_YOU
from tests.control.model_machine import DOMAINS, OWNER, READY, Machine, in_group
from tests.control.model_world import Life

of_recommender = st.sampled_from(["r", "r", "r", "q"])


class Recommenders(Machine):
    @rule(name=of_recommender, group=in_group)
    def create_recommender(self, name: str, group: str) -> None:
        answer = self.ask(
            "CreateRecommender",
            name=name,
            dataset_group_arn=OWNER.arn(Kind.DATASET_GROUP, group),
            recipe_arn=FOR_YOU,
        )
        parent = self.life(Kind.DATASET_GROUP, group)
        fault = "ResourceNotFound" if parent is None else None if group in DOMAINS else "InvalidInput"
        fault = fault or self.status_fault(parent)
        if fault is None and self.world.dataset(group, "INTERACTIONS") is None:
            fault = "InvalidInput"
        if fault is None and self.life(Kind.RECOMMENDER, name):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault):
            self.world.add(Life(Kind.RECOMMENDER, name, self.now, parent, group, written="CREATE PENDING"))

    @rule(name=of_recommender)
    def update_recommender(self, name: str) -> None:
        life = self.life(Kind.RECOMMENDER, name)
        answer = self.ask(
            "UpdateRecommender",
            recommender_arn=OWNER.arn(Kind.RECOMMENDER, name),
            recommender_config={"min_recommendation_requests_per_second": 2},
        )
        if life and self.world.dataset(life.group, "INTERACTIONS") is None:
            assert answer == "InvalidInput"
        else:
            self._begin_update(answer, life)

    @rule(name=of_recommender)
    def stop_recommender(self, name: str) -> None:
        life = self._switch("StopRecommender", name, "ACTIVE")
        if life:
            life.written, life.stopped = "INACTIVE", self.now

    @rule(name=of_recommender)
    def start_recommender(self, name: str) -> None:
        life = self._switch("StartRecommender", name, "INACTIVE")
        if life:
            life.written = "START PENDING"

    @rule(name=of_recommender)
    def delete_recommender(self, name: str) -> None:
        self.delete(Kind.RECOMMENDER, name)

    def _switch(self, operation: str, name: str, allowed: str) -> Life | None:
        """The recommender, if it was switched."""
        life = self.life(Kind.RECOMMENDER, name)
        answer = self.ask(operation, recommender_arn=OWNER.arn(Kind.RECOMMENDER, name))
        fault = None if life else "ResourceNotFound"
        if life and (life.status(self.now) != allowed or life.updating):
            fault = "ResourceInUse"
        return life if self.expect(answer, fault) else None

    def _begin_update(self, answer: object, life: Life | None) -> None:
        fault = None if life else "ResourceNotFound"
        if life and (life.status(self.now) not in READY or life.updating):
            fault = "ResourceInUse"
        if self.expect(answer, fault) and life:
            life.updating = True
