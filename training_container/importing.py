"""The import: a caller's CSV becomes a snapshot that training and filters read.

Nothing it writes is visible until the commit step switches the dataset's pointer, so a run that fails or is killed
leaves the old snapshot serving.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from reco.artefact import open_artefact
from reco.datasets.building import build_snapshot, count_unique
from reco.datasets.rejects import REJECTS_FILE, REPORT_FILE, Tally, tally, write_report
from reco.datasets.scan import Scan, open_database
from reco.datasets.schemas import RULES, Schema, parse_schema
from reco.datasets.snapshot import PLACED, CatalogueSnapshot, InteractionSnapshot
from reco.errors import InvalidInput, PlatformFault, UserFault
from reco.jobs.specification import ImportResult, ImportSpecification, SnapshotReference
from reco.storage.objects import Objects

REASONS_NAMED = 3


def run_import(
    specification: ImportSpecification,
    workspace: Path,
    source: Objects,
    home: Objects,
    progress: Callable[[str], None],
    *,
    threads: int | None = None,
) -> ImportResult:
    """Reads the source, writes the snapshot and the report, and says what came of it.

    Args:
        workspace: for files on their way; one object of the source at a time, and the new snapshot.
        source: reads with the caller's rights.
        home: reads and writes the project's own bucket.
        threads: of the scan; as many as the machine has when None.
    Raises:
        UserFault: the data cannot be imported; the message says what to change and where the report is.
        PlatformFault: S3 did not do its part.
        CorruptArtefact: the snapshot to append to is not what was committed.
    """
    schema = _schema(specification)
    try:
        return _import(specification, schema, workspace, source, home, progress, threads)
    except UserFault as fault:
        raise UserFault(
            f"Failed to create a data import job for {RULES[schema.dataset_type].record} dataset...{fault.message}"
        ) from fault


def _schema(specification: ImportSpecification) -> Schema:
    try:
        schema = parse_schema(specification.schema)
    except InvalidInput as error:
        raise UserFault(error.message) from error
    if schema.dataset_type != specification.dataset_type:
        raise UserFault(f"The schema is one of {schema.dataset_type}, the dataset of {specification.dataset_type}.")
    return schema


def _import(
    specification: ImportSpecification,
    schema: Schema,
    workspace: Path,
    source: Objects,
    home: Objects,
    progress: Callable[[str], None],
    threads: int | None,
) -> ImportResult:
    with open_database(workspace, threads=threads) as database:
        scan = Scan(database, schema, workspace)
        _scan_source(specification.source_uri, scan, workspace / "source", source, progress)
        counted = tally(scan)
        progress(f"{counted.records} records, {counted.accepted} accepted, {counted.rejected} rejected")
        refusal = _refusal(specification, scan, counted)
        report = workspace / "report"
        if refusal:
            write_report(scan, counted, report, failure=refusal)
            _upload_report(report, specification.attempt_uri, home)
            raise UserFault(f"{refusal} The report is {specification.attempt_uri}{REPORT_FILE}.")
        previous = _previous(specification, workspace / "previous", home, progress)
        built = build_snapshot(scan, specification.schema, workspace / "snapshot", previous=previous)
        write_report(scan, counted, report, data_report=built.data_report)
    for warning in built.data_report["warnings"]:
        progress(f"warning: {warning}")
    _upload_report(report, specification.attempt_uri, home)
    home.upload_folder(built.folder, specification.snapshot_uri)
    progress(f"snapshot of {built.rows} rows written")
    return ImportResult(
        snapshot=SnapshotReference(
            specification.snapshot_uri, built.digest, built.rows, built.data_report.get("items")
        ),
        rows_read=counted.records,
        rows_rejected=counted.rejected,
        rejected_by_reason=counted.by_reason,
        report_uri=specification.attempt_uri,
    )


def _scan_source(location: str, scan: Scan, folder: Path, source: Objects, progress: Callable[[str], None]) -> None:
    """Scans the object, or every object under the folder that holds anything, in key order."""
    addresses = [location]
    if location.endswith("/"):
        try:
            addresses = [found.uri for found in source.list(location) if found.bytes]
        except ClientError as error:
            raise _explain(error, location) from error
        if not addresses:
            raise UserFault(f"Invalid Data location. There is no data under {location}.")
    for number, address in enumerate(addresses, start=1):
        path = folder / "object"
        try:
            source.download(address, path)
        except ClientError as error:
            raise _explain(error, address) from error
        name = address.removeprefix(location) if location.endswith("/") else posixpath.basename(address)
        file = scan.add(path, name)
        path.unlink()
        progress(f"file {number} of {len(addresses)}: {name}, {file.lines} lines")


def _explain(error: ClientError, address: str) -> UserFault | PlatformFault:
    code = error.response["Error"]["Code"]
    if code in ("403", "AccessDenied"):
        return UserFault(f"Insufficient privileges for accessing data in Amazon S3. {address} may not be read.")
    if code in ("404", "NoSuchKey", "NoSuchBucket"):
        return UserFault(
            f"Invalid Data location. There is no object {address}. The location of a folder ends in a slash."
        )
    return PlatformFault(f"Amazon S3 did not deliver {address} ({code}). Try again.")


def _refusal(specification: ImportSpecification, scan: Scan, counted: Tally) -> str | None:
    """Why these records are not to be a snapshot; None when they may."""
    if counted.records == 0:
        return "The data has a header and no records."
    reasons = "; ".join(f"{reject} ({reject.records} records)" for reject in counted.rejects[:REASONS_NAMED])
    listed = f"Rejected records are listed in {specification.attempt_uri}{REJECTS_FILE}."
    if counted.accepted == 0:
        return f"Not one of {counted.records} records is valid. {reasons}. {listed}"
    if counted.rejected > specification.bad_row_share * counted.records:
        return (
            f"{counted.rejected} of {counted.records} records ({_percent(counted.rejected / counted.records)}) are not "
            f"valid; at most {_percent(specification.bad_row_share)} may be. {reasons}. {listed}"
        )
    if scan.schema.dataset_type == "INTERACTIONS":
        unique = count_unique(scan, specification.minimum_rows)
        if unique < specification.minimum_rows:
            rejected = f" {counted.rejected} records were rejected. {reasons}. {listed}" if counted.rejected else ""
            return (
                f"The data has {unique} unique interactions; an import needs at least "
                f"{specification.minimum_rows}.{rejected}"
            )
    return None


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"


def _previous(
    specification: ImportSpecification, folder: Path, home: Objects, progress: Callable[[str], None]
) -> InteractionSnapshot | CatalogueSnapshot | None:
    """The snapshot to append to, checked to the last byte."""
    reference = specification.previous
    if specification.mode != "INCREMENTAL" or reference is None:
        return None
    for found in home.list(reference.uri):
        home.download(found.uri, folder / posixpath.basename(found.uri))
    artefact = open_artefact(folder, digest=reference.digest, verify=True)
    progress(f"appending to a snapshot of {reference.rows} rows")
    of = InteractionSnapshot.of if specification.dataset_type in PLACED else CatalogueSnapshot.of
    return of(artefact)


def _upload_report(folder: Path, attempt_uri: str, home: Objects) -> None:
    home.upload_folder(folder, attempt_uri, last=REPORT_FILE)
