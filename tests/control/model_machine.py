"""What the parts of the stateful test have in common: asking, comparing, and time."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reco.arns import Kind, Owner
from reco.control import operations
from reco.errors import ClientFault
from reco.jobs.deploy_job import UPDATED_MEMBERS
from reco.wire.call import Call
from tests.control.conftest import INTERACTIONS, ITEMS, TRANSITION_S, Bench
from tests.control.domain_shop import ITEMS as SHOP_ITEMS
from tests.control.model_world import Life, World
from tests.wire.clients import ACCOUNT, REGION

OWNER = Owner(ACCOUNT, REGION)
GROUPS = ("g", "h", "shop")
"""The last is of a domain."""
DOMAINS = {"shop": "ECOMMERCE"}
LISTS = {
    kind: (f"List{''.join(word.capitalize() for word in kind.value.split('-'))}s", f"{kind.value.replace('-', '_')}s")
    for kind in Kind
}
"""The operation, and the member of its answer."""
READY = ("ACTIVE", "CREATE FAILED")
"""Statuses in which an update of what serves may begin."""

in_group = st.sampled_from(GROUPS)


class Machine(RuleBasedStateMachine):
    """A bench and the model of it. `make` and `forget` are set by the test."""

    make: Any
    forget: Any

    def begin(self) -> None:
        self.bench: Bench = self.make()
        # Made once: to make it anew for each call costs more than many a call.
        self.registries = self.bench.registries_over(self.bench.table)
        self.operations = operations.build(self.registries)
        self.world = World(self.bench.now)
        for name, text, domain in (
            ("events", INTERACTIONS, None),
            ("items", ITEMS, None),
            ("shop-events", INTERACTIONS, "ECOMMERCE"),
            ("shop-items", SHOP_ITEMS, "ECOMMERCE"),
        ):
            answer = self.ask("CreateSchema", name=name, schema=text, **({"domain": domain} if domain else {}))
            assert isinstance(answer, dict)
            self.world.add(Life(Kind.SCHEMA, name, self.now))

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.end()
        finally:
            self.forget(self.bench)

    def end(self) -> None:
        """What must be true at the end of any history; see the test."""

    @property
    def now(self) -> float:
        return self.world.now

    def ask(self, operation: str, **parameters: Any) -> Any:
        """The answer, or the name of the fault; what is no fault of the caller is a failure of the test."""
        call = Call(operation, parameters, OWNER, None, "request", self.bench.now)
        try:
            return self.operations[operation](call)
        except ClientFault as fault:
            return type(fault).__name__

    def expect(self, answer: Any, fault: str | None) -> bool:
        """Compares; whether it was carried out."""
        if fault is None:
            assert not isinstance(answer, str), f"refused with {answer}"
            return True
        assert answer == fault
        return False

    def life(self, kind: Kind, resource_id: str) -> Life | None:
        return self.world.get(kind, resource_id)

    def status_fault(self, life: Life | None) -> str | None:
        """Why something cannot be made in, or for, a resource that must be ACTIVE."""
        if life is None:
            return "ResourceNotFound"
        status = life.status(self.now) or ""
        if status == "ACTIVE":
            return None
        return "InvalidInput" if status.endswith(("FAILED", "STOPPED")) else "ResourceInUse"

    def delete_fault(self, life: Life | None) -> str | None:
        """Why a resource itself, whatever needs it, cannot be deleted."""
        if life is None:
            return "ResourceNotFound"
        return "ResourceInUse" if life.deleted is not None or life.busy(self.now) or life.updating else None

    def delete(self, kind: Kind, resource_id: str, blocked: bool = False) -> None:
        """Asks for the delete and compares; `blocked` says whether others need the resource."""
        words = kind.value.split("-")
        operation = f"Delete{''.join(word.capitalize() for word in words)}"
        answer = self.ask(operation, **{f"{'_'.join(words)}_arn": OWNER.arn(kind, resource_id)})
        life = self.life(kind, resource_id)
        fault = self.delete_fault(life) or ("ResourceInUse" if blocked else None)
        assert answer == fault
        if fault is None and life:
            life.deleted = self.now

    @rule(seconds=st.sampled_from([1.0, TRANSITION_S, 2 * TRANSITION_S, 61.0]))
    def pass_time(self, seconds: float) -> None:
        for version in self.world.of(Kind.SOLUTION_VERSION):
            if version.written == "CREATE STOPPING":
                self.write(version, "CREATE STOPPED")
        before = {kind for kind, _ in self.world.lives}
        self.tick(seconds)
        self.compare(*before)

    def tick(self, seconds: float) -> None:
        """Time passes, and nobody looks."""
        self.bench.pass_time(seconds)
        self.world.pass_time(seconds)

    def write(self, life: Life, status: str, **inner: Any) -> None:
        """What a machine writes."""
        self.bench.end_job(OWNER.arn(life.kind, life.id), status, **inner)
        life.written = status

    def in_progress(self) -> list[Life]:
        """What a machine has not ended yet; a machine writes nothing to what is being deleted."""
        return [
            life
            for life in self.world.lives.values()
            if life.written in ("CREATE PENDING", "CREATE IN_PROGRESS", "START PENDING") and life.deleted is None
        ]

    @precondition(lambda self: self.in_progress())
    @rule(data=st.data(), status=st.sampled_from(["ACTIVE", "ACTIVE", "CREATE FAILED", "CREATE IN_PROGRESS"]))
    def end_work(self, data: st.DataObject, status: str) -> None:
        life = data.draw(st.sampled_from(self.in_progress()), label="whose")
        if life.written == "START PENDING" and status != "ACTIVE":
            status = "INACTIVE"
        self.write(life, status, metrics={"coverage": 0.5})

    @precondition(lambda self: any(life.updating for life in self.world.lives.values()))
    @rule(data=st.data(), status=st.sampled_from(["ACTIVE", "CREATE FAILED"]))
    def end_update(self, data: st.DataObject, status: str) -> None:
        busy = [life for life in self.world.lives.values() if life.updating]
        life = data.draw(st.sampled_from(busy), label="whose")
        self.finish_update(life, status)

    def finish_update(self, life: Life, status: str) -> None:
        """What a machine writes at the end of an update; of a campaign's, that it has what the update brought."""
        update = {**self.bench.stored(life.kind, life.id).inner["update"], "status": status}
        brought: dict[str, Any] = {}
        if status == "ACTIVE" and life.kind is Kind.CAMPAIGN:
            brought = {member: update[member] for member in UPDATED_MEMBERS if member in update}
            life.serves, life.follows = life.tried, life.will_follow
        self.bench.table.update(
            life.kind,
            life.id,
            lambda now: replace(
                now, status="ACTIVE", body={**now.body, **brought}, inner={**now.inner, "update": update}
            ),
        )
        life.updating, life.written = False, "ACTIVE"

    def compare(self, *kinds: Kind) -> None:
        """Lists of these kinds show what the model says, in its order."""
        for kind in kinds:
            operation, key = LISTS[kind]
            member = f"{kind.value.replace('-', '_')}_arn"
            shown = [(entry[member].partition("/")[2], entry["status"]) for entry in self.ask(operation)[key]]
            expected = [(life.id, life.status(self.now)) for life in self.world.of(kind)]
            assert sorted(shown) == sorted(expected), kind

    @invariant()
    def one_more_kind_agrees(self) -> None:
        """One list after each step, in turn: to look at all at once would settle what lookers find."""
        if hasattr(self, "bench"):
            self.looked = (getattr(self, "looked", -1) + 1) % len(Kind)
            self.compare(list(Kind)[self.looked])
