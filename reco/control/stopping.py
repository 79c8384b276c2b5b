"""Stopping the training of a solution version: what is on its way ends, and the version stays as CREATE STOPPED.

    CREATE PENDING       CREATE STOPPED at once: a machine that begins later finds nothing to do
    CREATE IN_PROGRESS   CREATE STOPPING, by compare-and-set; from then on no attempt can make the version ACTIVE.
                         Then the execution is stopped, and whoever hears of its end writes CREATE STOPPED

A kill between the mark and the stop, or an end that nobody heard of, is made up for by the next reader after
RESTART_AFTER_S (docs/adr/0022). Source: control-plane reference, section B.1.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from reco.arns import Kind
from reco.control.lifecycle import awaits_stop
from reco.control.registry import Registry
from reco.errors import InvalidInput
from reco.jobs.attempt import attempt_of, with_attempt
from reco.jobs.status import CREATE_IN_PROGRESS, CREATE_PENDING, CREATE_STOPPED, CREATE_STOPPING
from reco.storage.resources import Resource
from reco.wire.call import Call

_log = logging.getLogger(__name__)

_STOPPED_FROM = {CREATE_PENDING: CREATE_STOPPED, CREATE_IN_PROGRESS: CREATE_STOPPING}


def stop_solution_version_creation(registry: Registry, call: Call) -> None:
    """
    Raises:
        InvalidInput: there is no training that could be stopped.
    """
    version = registry.find(Kind.SOLUTION_VERSION, call.parameters["solution_version_arn"], "solutionVersionArn")

    def marked(current: Resource) -> Resource:
        status = registry.status(current)
        if status not in _STOPPED_FROM:
            raise InvalidInput(
                f"{registry.arn(current)} cannot be stopped: its status is {status}, and only {CREATE_PENDING} and "
                f"{CREATE_IN_PROGRESS} can."
            )
        return replace(current, status=_STOPPED_FROM[status], updated_at=registry.now)

    stopping = registry.change(version, marked)
    if stopping.status == CREATE_STOPPING:
        stop_execution(registry, stopping)


def stop_made_up_for(registry: Registry, version: Resource) -> Resource:
    """The version as it is; one that has been CREATE STOPPING for too long has its execution stopped for certain."""
    if not awaits_stop(version, registry.now) or not stop_execution(registry, version):
        return version

    def ended(current: Resource) -> Resource:
        if current.status != CREATE_STOPPING:
            return current
        attempt = attempt_of(current)
        stopped = replace(current, status=CREATE_STOPPED, updated_at=registry.now)
        # With its outcome written, a step of this attempt that is still on its way finds the job closed.
        return with_attempt(stopped, replace(attempt, outcome="failed")) if attempt else stopped

    return registry.change(version, ended)


def stop_execution(registry: Registry, trained: Resource) -> bool:
    """Whether the execution at work on the version, or recommender, runs no longer."""
    attempt = attempt_of(trained)
    try:
        if attempt:
            registry.jobs.stop(attempt.execution)
    except Exception:
        # A version says CREATE STOPPING, and can no longer become ACTIVE: whoever describes it later stops it again.
        _log.exception("the training of %s was not stopped", registry.arn(trained))
        return False
    return True
