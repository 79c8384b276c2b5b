"""Whether data arrived since a training began: what automatic training asks before it trains once more.

Imports are found in their list, streamed events in the hours in which any were received (reco.storage.arrivals). What
was put record by record into a dataset of items or users is not looked at: with nothing else new, it waits for the
next training.
"""

from __future__ import annotations

from collections.abc import Iterable

from reco.arns import Kind, parse_arn
from reco.control.registry import Registry
from reco.jobs.status import ACTIVE
from reco.storage.arrivals import Arrivals


def arrived(
    registry: Registry, events: Arrivals, group_arn: str, dataset_types: Iterable[str], since: float | None
) -> bool:
    """Whether data of these types were imported, or events streamed, since then; at all for None.

    Cost: for each type a Query and what it finds, up to the newest import that succeeded; one Query for the events.
    """
    name = parse_arn(group_arn)
    group = registry.named(Kind.DATASET_GROUP, name.resource_id) if name else None
    if group is None:
        return False
    for dataset_type in dataset_types:
        dataset_arn = registry.owner.arn(Kind.DATASET, f"{group.id}/{dataset_type}")
        jobs = registry.newest_first(Kind.DATASET_IMPORT_JOB, dataset_arn)
        imported = next((each for each in jobs if each.status == ACTIVE), None)
        if imported and (since is None or imported.updated_at > since):
            return True
    return events.arrived_since(group.incarnation, since or 0.0)
