"""What every training has in common, whatever it is for, a solution version or a recommender: the data it stands on,
the places of its own, and the result that the container leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from reco.arns import Kind
from reco.errors import AlgorithmFault
from reco.jobs.attempt import JobContext
from reco.jobs.plan import RESULT, attempt_uri
from reco.jobs.specification import EventLog, SnapshotReference, TrainResult, TrainSpecification, train_result_from_json
from reco.jobs.tiers import Choice, choose, training_need
from reco.recipes import recipe_by_arn
from reco.recipes.training_columns import ADDED_COLUMNS, Columns
from reco.storage.layout import EVENT_LOG_PREFIX, artefact_prefix, frozen_prefix, uri
from reco.storage.resources import Resource

DATASET_TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")

Snapshots = Mapping[str, SnapshotReference]
"""By dataset type."""


def snapshots_of(context: JobContext, group: Resource) -> dict[str, SnapshotReference]:
    """The committed snapshot of each of the group's datasets that has one."""
    found: dict[str, SnapshotReference] = {}
    for dataset_type in DATASET_TYPES:
        dataset = context.table.get(Kind.DATASET, f"{group.id}/{dataset_type}")
        if dataset and dataset.deleting_since is None and "snapshot" in dataset.inner:
            pointer = dataset.inner["snapshot"]
            found[dataset_type] = SnapshotReference(
                pointer["uri"], pointer["digest"], pointer["rows"], pointer.get("items")
            )
    return found


def without_added(context: JobContext, group: Resource, since: float, excluded: Columns) -> Columns:
    """The columns left out of a training for what was created at `since`: those that were asked to be, and those that
    datasets have got since then. Source: control-plane reference, section E.4."""
    left_out = dict(excluded)
    for dataset_type in DATASET_TYPES:
        dataset = context.table.get(Kind.DATASET, f"{group.id}/{dataset_type}")
        added = dataset.inner.get(ADDED_COLUMNS, {}) if dataset else {}
        later = [name for name, at in added.items() if at > since and name not in excluded.get(dataset_type, [])]
        if later:
            left_out[dataset_type] = [*excluded.get(dataset_type, []), *later]
    return left_out


def machine_for(context: JobContext, interactions: SnapshotReference | None, recipes: Sequence[str]) -> Choice:
    """Where to train, by the largest of the recipes that it may be of.

    Args:
        interactions: what was imported; None when all data were streamed, which adds nothing to the need.
        recipes: ARNs.

    Raises:
        UserFault: more data than one machine holds.
    """
    blend = any(recipe_by_arn(arn).family == "blend" for arn in recipes)
    if interactions is None:
        need = training_need(0, blend=blend)
    else:
        need = training_need(interactions.rows, blend=blend, items=interactions.items)
    return choose(need, context.settings.function_memory_mb, context.settings.instance_type)


def specification_for(
    context: JobContext, resource: Resource, attempt: str, group: Resource, snapshots: Snapshots
) -> partial[TrainSpecification]:
    """The specification with all that follows from the attempt and the group; what to train remains to be said."""
    settings = context.settings
    return partial(
        TrainSpecification,
        attempt=attempt,
        attempt_uri=attempt_uri(context, resource, attempt),
        snapshots=dict(snapshots),
        events=EventLog(settings.data_bucket, EVENT_LOG_PREFIX, settings.events_table, group.incarnation),
        frozen_uri=uri(settings.data_bucket, frozen_prefix(resource.incarnation, attempt)),
        artefact_uri=uri(settings.data_bucket, artefact_prefix(resource.incarnation, attempt)),
        minimum_interactions=settings.minimum_interactions,
        kms_key_arn=group.body.get("kms_key_arn"),
    )


def result_of(context: JobContext, resource: Resource, attempt: str) -> TrainResult:
    """What the attempt's container has left.

    Raises:
        AlgorithmFault: it left nothing.
    """
    text = context.home.read_text(attempt_uri(context, resource, attempt) + RESULT)
    if text is None:
        raise AlgorithmFault("The training ended without a result.")
    return train_result_from_json(text)
