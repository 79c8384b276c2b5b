"""One job from its specification to `result.json` or `failure.json`, the same in every size of machine.

Whatever the job needs beyond this is imported when its command is known, so an import never loads what only training
uses, and the container answers soon.
"""

from __future__ import annotations

import errno
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reco.errors import AlgorithmFault, CorruptArtefact, JobFault, PlatformFault, UserFault
from reco.jobs.specification import (
    ImportSpecification,
    JobFailure,
    Result,
    Specification,
    TrainSpecification,
    specification_from_json,
    to_json,
)
from reco.jobs.trials import ProposeSpecification, TrialSpecification
from training_container.layout import ContainerFolders

if TYPE_CHECKING:
    import boto3

    from reco.storage.objects import Objects

RESULT = "result.json"
FAILURE = "failure.json"
_REPEATED = (ProposeSpecification, TrialSpecification)
"""Parts of a search: what one run has finished, the next one of the same leaves as it is."""


def say(line: str) -> None:
    """Progress, one line in the job's log."""
    print(line, flush=True)


class TooLarge(PlatformFault):
    """The machine has not the memory or disk for the job; a larger one may do it."""


@dataclass
class Job:
    """A job at work. `finish` and `give_up` exclude each other: whichever comes first is what the world hears."""

    folders: ContainerFolders
    session: boto3.Session

    def __post_init__(self) -> None:
        self._said = threading.Lock()
        self._ended = False
        self._attempt_uri: str | None = None
        self._home: Objects | None = None

    def run(self, asked: Mapping[str, str]) -> None:
        """Does what was asked for: `command` and the address of a `specification`.

        Raises:
            JobFault: it cannot be done; nothing has been said yet, see `give_up`.
        """
        from reco.storage.key_refusals import explain_keys
        from reco.storage.objects import Objects

        self._home = Objects(explain_keys(self.session.client("s3"), UserFault))
        specification = self._read(asked.get("specification"))
        self._attempt_uri = specification.attempt_uri
        self._home = self._home.under(specification.kms_key_arn)
        if asked.get("command") not in (None, specification.command):
            raise PlatformFault(f"asked to {asked['command']}, but the specification is to {specification.command}")
        if isinstance(specification, _REPEATED) and self._home.read_text(self._attempt_uri + RESULT) is not None:
            say("done already by an earlier run")
            return
        self.folders.workspace.mkdir(parents=True, exist_ok=True)
        self._finish(self._work(specification, self._home))

    def _read(self, address: str | None) -> Specification:
        if self._home is None:
            raise AlgorithmFault("a specification was read before there was a client")
        try:
            text = self.folders.channel_specification() if address is None else self._home.read_text(address)
        except ValueError as error:
            raise PlatformFault(f"The specification's address is wrong: {error}") from error
        if text is None:
            raise PlatformFault(f"There is no specification at {address or 'the input channel specification'}.")
        try:
            return specification_from_json(text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlatformFault(f"The specification cannot be read: {error}. Start the job again.") from error

    def _work(self, specification: Specification, home: Objects) -> Result:
        workspace = self.folders.workspace
        if isinstance(specification, ImportSpecification):
            from training_container.importing import run_import

            return run_import(specification, workspace, self._source(specification), home, say)
        if isinstance(specification, TrainSpecification):
            from training_container.training import run_training

            return run_training(specification, workspace, home, self.session.client("dynamodb"), say)
        if isinstance(specification, ProposeSpecification):
            from training_container.tuning import run_proposal

            return run_proposal(specification, workspace, home, self.session.client("dynamodb"), say)
        if isinstance(specification, TrialSpecification):
            from training_container.tuning import run_trial

            return run_trial(specification, workspace, home, self.session.client("dynamodb"), say)
        raise AlgorithmFault(f"no code for {type(specification).__name__}")

    def _source(self, specification: ImportSpecification) -> Objects:
        from reco.storage.access import CallersRights

        rights = CallersRights(
            self.session, job_role="", external_id=specification.external_id, data_buckets=(), own_bucket=""
        )
        return rights.objects(specification.role_arn, not_taken=specification.role_not_taken)

    def _finish(self, result: Result) -> None:
        with self._said:
            if self._ended or self._home is None or self._attempt_uri is None:
                return
            text = to_json(result)
            self.folders.write_model(RESULT, text)
            self._home.write_text(self._attempt_uri + RESULT, text)
            self._ended = True

    def give_up(self, fault: JobFault) -> bool:
        """Says why, on the machine and in the attempt's folder; False when the job has ended already."""
        with self._said:
            if self._ended:
                return False
            self._ended = True
            self.folders.write_failure(fault.blame, fault.message)
            if self._home is not None and self._attempt_uri is not None:
                failure = JobFailure(fault.blame, fault.message)  # type: ignore[arg-type]
                try:
                    self._home.write_text(self._attempt_uri + FAILURE, to_json(failure))
                except Exception as error:
                    # The machine's own failure file says it too, and the state machine reads that one.
                    say(f"could not write {self._attempt_uri}{FAILURE}: {error}")
            return True


def fault_of(error: BaseException) -> JobFault:
    """Any exception as a fault whose message is for the reader; the trace of a surprise goes to the log."""
    if isinstance(error, JobFault):
        return error
    if isinstance(error, MemoryError):
        return TooLarge("The job ran out of memory. Bring less data, or deploy with a larger -c instanceType=...")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return TooLarge("The job ran out of disk. Bring less data.")
    traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, CorruptArtefact):
        return AlgorithmFault(f"A file of an earlier job is damaged: {error.message}. Import the data again.")
    code = getattr(error, "response", {}).get("Error", {}).get("Code") if hasattr(error, "response") else None
    if code:
        return PlatformFault(f"AWS refused a call of the job ({code}): {error}. Try again.")
    return AlgorithmFault(
        f"The job's own code failed ({type(error).__name__}: {error}). The trace is in the job's log; please report it."
    )
