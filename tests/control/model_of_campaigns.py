"""Rules for campaigns: their versions and updates, and those that follow their solution."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from reco.arns import Kind
from reco.control.notices import take_notice
from reco.jobs.executions import EXECUTION_CHANGED
from tests.control.model_machine import OWNER, READY, Machine
from tests.control.model_of_training import of_solution
from tests.control.model_world import BUSY, Life

LATEST = "$LATEST"
SYNC = "sync_with_latest_solution_version"

of_campaign = st.sampled_from(["c", "c", "d"])
of_target = st.sampled_from(["v", "w", LATEST, LATEST])
no_arrivals = cast(Any, None)
"""An end of an execution concerns none."""


class Campaigns(Machine):
    @rule(campaign=of_campaign, name=of_solution, version=of_target, follow=st.booleans())
    def create_campaign(self, campaign: str, name: str, version: str, follow: bool = False) -> None:
        tags = {"made": campaign}
        answer = self.ask(
            "CreateCampaign",
            name=campaign,
            solution_version_arn=OWNER.arn(Kind.SOLUTION_VERSION, f"{name}/{version}"),
            tags=[{"tag_key": key, "tag_value": value} for key, value in tags.items()],
            **({"campaign_config": {SYNC: True}} if follow else {}),
        )
        solution = self.life(Kind.SOLUTION, name)
        wanted, fault = self._deployable(name, version)
        fault = fault or self.status_fault(solution)
        if follow and version != LATEST:
            fault = "InvalidInput"
        if fault is None and name == "seg":
            fault = "InvalidInput"
        if fault is None and self.life(Kind.CAMPAIGN, campaign):
            fault = "ResourceAlreadyExists"
        if self.expect(answer, fault) and solution and wanted:
            made = Life(
                Kind.CAMPAIGN,
                campaign,
                self.now,
                solution,
                solution.group,
                written="CREATE PENDING",
                serves=wanted.id,
                follows=follow,
                tags=tags,
            )
            self.world.add(made)

    @precondition(lambda self: self._some())
    @rule(
        campaign=of_campaign,
        name=st.sampled_from(["s", "s", "t"]),
        version=st.one_of(st.none(), of_target),
        follow=st.sampled_from([None, None, True, False]),
    )
    def update_campaign(self, campaign: str, name: str, version: str | None, follow: bool | None) -> None:
        life = self.life(Kind.CAMPAIGN, campaign)
        asked: dict[str, Any] = {"min_provisioned_tps": 2}
        if version is not None:
            asked["solution_version_arn"] = OWNER.arn(Kind.SOLUTION_VERSION, f"{name}/{version}")
        if follow is not None:
            asked["campaign_config"] = {SYNC: follow}
        answer = self.ask("UpdateCampaign", campaign_arn=OWNER.arn(Kind.CAMPAIGN, campaign), **asked)
        if life is None:
            assert answer == "ResourceNotFound"
            return
        wanted, fault = (None, None) if version is None else self._deployable(name, version)
        if wanted and fault is None and wanted.parent is not life.parent:
            fault = "InvalidInput"
        if fault is None and self._busy(life):
            fault = "ResourceInUse"
        follows = life.follows if follow is None else follow
        if fault is None and follows and version != LATEST and not (life.follows and version is None):
            fault = "InvalidInput"
        if self.expect(answer, fault):
            life.updating, life.will_follow = True, follows
            life.tried = wanted.id if wanted else life.serves

    @precondition(lambda self: self._idle_followers())
    @rule(
        data=st.data(),
        version=st.sampled_from([None, LATEST, "v", "x1"]),
        follow=st.sampled_from([None, None, True, False]),
    )
    def update_follower(self, data: st.DataObject, version: str | None, follow: bool | None) -> None:
        """One that could be updated: most that are met by chance are busy."""
        life = data.draw(st.sampled_from(self._idle_followers()), label="whose")
        self.update_campaign(life.id, life.parent.id if life.parent else "", version, follow)

    @precondition(lambda self: self._some())
    @rule(campaign=of_campaign)
    def describe_campaign(self, campaign: str) -> None:
        """Whoever looks begins the update that a campaign lacks."""
        life = self.life(Kind.CAMPAIGN, campaign)
        answer = self.ask("DescribeCampaign", campaign_arn=OWNER.arn(Kind.CAMPAIGN, campaign))
        if not self.expect(answer, None if life else "ResourceNotFound") or life is None:
            return
        self._catch_up(life)
        shown = answer["campaign"]
        update = shown["latest_campaign_update"]
        assert shown["status"] == life.status(self.now)
        assert shown["solution_version_arn"] == OWNER.arn(Kind.SOLUTION_VERSION, life.serves)
        assert bool((shown.get("campaign_config") or {}).get(SYNC)) == life.follows
        assert bool(update) == bool(life.tried)
        if update:
            assert update["solution_version_arn"] == OWNER.arn(Kind.SOLUTION_VERSION, life.tried)
            assert bool((update.get("campaign_config") or {}).get(SYNC)) == life.will_follow
            assert update["status"].endswith(BUSY) == life.updating

    @precondition(lambda self: self._some())
    @rule(data=st.data())
    def hear_of_an_end(self, data: st.DataObject) -> None:
        """Step Functions tells of the end of an execution, late or more than once."""
        machines = [*self.world.of(Kind.CAMPAIGN), *self.world.of(Kind.SOLUTION_VERSION)]
        life = data.draw(st.sampled_from(machines), label="whose")
        arn = OWNER.arn(life.kind, life.id)
        event = {"detail-type": EXECUTION_CHANGED, "detail": {"input": json.dumps({"arn": arn})}}
        said = take_notice(self.registries(self.bench.now, OWNER), no_arrivals, event)["said"]
        concerned = [life]
        if life.kind is Kind.SOLUTION_VERSION:
            concerned = self.world.children(life.parent, Kind.CAMPAIGN) if life.parent else []
        began = sum(self._catch_up(each) for each in concerned)
        assert said == f"began to update {began} campaigns"

    def followers_follow(self) -> None:
        """In the end each has, or has tried last, the newest version there is."""
        for life in [each for each in self.world.of(Kind.CAMPAIGN) if each.follows and each.deleted is None]:
            self.describe_campaign(life.id)
            if life.updating:
                self.finish_update(life, "ACTIVE")
            newest = self.world.newest(life.parent) if life.parent else None
            assert newest and newest.id == (life.tried or life.serves)
            self.describe_campaign(life.id)
            assert not life.updating, "there is nothing left to begin"

    def _some(self) -> bool:
        return any(True for _ in self.world.of(Kind.CAMPAIGN))

    def _idle_followers(self) -> list[Life]:
        return [life for life in self.world.of(Kind.CAMPAIGN) if life.follows and not self._busy(life)]

    def _deployable(self, name: str, version: str) -> tuple[Life | None, str | None]:
        """The version that is meant, and why it cannot be deployed."""
        if version != LATEST:
            life = self.life(Kind.SOLUTION_VERSION, f"{name}/{version}")
            return life, self.status_fault(life)
        solution = self.life(Kind.SOLUTION, name)
        newest = self.world.newest(solution) if solution else None
        return newest, None if newest else "ResourceNotFound"

    def _busy(self, life: Life) -> bool:
        return life.status(self.now) not in READY or life.updating

    def _catch_up(self, life: Life) -> bool:
        """Begins the update that it lacks; whether it lacked one."""
        newest = self.world.newest(life.parent) if life.parent else None
        if not life.follows or newest is None or self._busy(life) or newest.id == (life.tried or life.serves):
            return False
        life.updating, life.tried, life.will_follow = True, newest.id, True
        return True

    @rule(campaign=of_campaign)
    def delete_campaign(self, campaign: str) -> None:
        self.delete(Kind.CAMPAIGN, campaign)
