"""The state machines as data: Amazon States Language, with the addresses they call passed in.

    import        infra/import_machine.py
    train         infra/train_machine.py
    deploy        infra/deploy_machine.py
    recommender   infra/recommender_machine.py

Input is {"arn": <the resource>}: starting one by hand again is harmless, since the claim decides; an ARN of nothing
that it could work on ends it FAILED at once. The output says what came of it: $.plan the machine and why, $.commit the
result. Every failure of a step goes to `Mark as failed`, which writes the resource's failureReason.
There is no timeout over a whole machine: it would end an execution without a catch, and leave its resource as it is.
"""

from __future__ import annotations

from infra.deploy_machine import deploy_machine
from infra.import_machine import import_machine
from infra.recommender_machine import recommender_machine
from infra.states import OUTGROWN_ERRORS, Addresses, State
from infra.train_machine import train_machine

__all__ = [
    "OUTGROWN_ERRORS",
    "Addresses",
    "State",
    "deploy_machine",
    "import_machine",
    "recommender_machine",
    "train_machine",
]
