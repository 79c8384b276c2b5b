"""From what a dataset group holds to what a model is fitted on.

Snapshots and streamed events become one list of interactions, of the kinds and with the weights that the settings ask
for; the Items dataset becomes features, row by row as the interactions number the items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from reco.artefact import Artefact, Vocabulary
from reco.datasets.snapshot import CatalogueSnapshot, InteractionSnapshot
from reco.errors import UserFault
from reco.events.freeze import StreamedEvents
from reco.models.interactions import Interactions
from reco.models.item_objective import ItemObjective
from reco.models.training_data import TrainingData
from reco.recipes import Recipe
from reco.recipes.event_parameters import EventParameters
from training_container.actions import with_actions
from training_container.interaction_table import InteractionTable, read_snapshot, read_streamed
from training_container.metadata import attributes_of, content_of, context_fields, numbers_by_item, with_users

LEAST_USERS = 25
"""Users with two interactions or more that a training needs (reference, E.3)."""
LEAST_USER_SHARE = 0.01
"""And their least share of all users."""


@dataclass(frozen=True)
class Selection:
    """What of the data is learned from, as a solution's settings say."""

    events: tuple[EventParameters, ...] = ()
    """Kinds of events; empty learns from all alike."""
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns not learned from, by dataset type."""
    included: Mapping[str, tuple[str, ...]] | None = None
    """The only columns learned from, by dataset type; None is all. Ids and times count always."""
    least_interactions: int = 1000
    objective: tuple[str, str] | None = None
    """The items' column that is to be maximised, and how far (reco.models.item_objective.STRENGTHS)."""

    def takes(self, dataset_type: str, column: str) -> bool:
        """Whether a column of metadata is learned from."""
        if self.included is not None:
            return column in self.included.get(dataset_type, ())
        return column not in self.excluded.get(dataset_type, ())


@dataclass(frozen=True)
class Assembled:
    """Training data, and the ids whose rows they speak of."""

    data: TrainingData
    users: Vocabulary
    items: Vocabulary
    """The whole catalogue, items that nobody touched included."""


def assemble(
    recipe: Recipe,
    snapshots: Mapping[str, Artefact],
    events: StreamedEvents | None = None,
    selection: Selection | None = None,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Assembled:
    """Everything that one training learns from.

    Args:
        snapshots: by dataset type; INTERACTIONS may be missing when all events were streamed.
        events: streamed events; None is none.
        selection: None learns from everything that the recipe takes.

    Raises:
        UserFault: too little to learn from, in Personalize's words.
    """
    selection = selection or Selection()
    if recipe.event_type and not selection.events:
        selection = replace(selection, events=(EventParameters(recipe.event_type),))
    table = _table(recipe, snapshots, events, selection, say)
    if "INTERACTIONS" in recipe.required_datasets:
        _require_enough(table, selection)
    catalogue = CatalogueSnapshot.of(snapshots["ITEMS"]) if "ITEMS" in snapshots else None
    items, rows, rows_of_catalogue = table.items.union(catalogue.ids if catalogue else Vocabulary.from_strings([]))
    interactions = Interactions(
        table.user_offsets(),
        rows[table.item_rows],
        table.timestamps,
        len(items),
        None if table.weights is None else table.weights.astype(np.float32),
        labels=table.labels,
    )
    users = table.users
    if recipe.context and "USERS" in recipe.datasets and "USERS" in snapshots:
        described = CatalogueSnapshot.of(snapshots["USERS"])
        interactions, users = with_users(interactions, users, described, partial(selection.takes, "USERS"))
    data = TrainingData(interactions)
    if catalogue and "ITEMS" in recipe.datasets:
        takes = partial(selection.takes, "ITEMS")
        if recipe.family == "item_attribute_affinity":
            data = replace(data, attributes=attributes_of(catalogue, rows_of_catalogue, takes))
        data = replace(data, content=content_of(catalogue, rows_of_catalogue, len(items), takes))
        data = replace(data, created=numbers_by_item(catalogue, "CREATION_TIMESTAMP", rows_of_catalogue, len(items)))
    if selection.objective:
        column, sensitivity = selection.objective
        rewards = numbers_by_item(catalogue, column, rows_of_catalogue, len(items)) if catalogue else None
        if rewards is None:
            raise UserFault(
                f"Create failed. optimizationObjective needs numbers in the column {column} of the Items dataset; "
                "import items that have it."
            )
        data = replace(data, objective=ItemObjective(rewards, sensitivity))
    if "ACTIONS" in recipe.datasets:
        data, users = with_actions(data, users, snapshots, partial(selection.takes, "ACTIONS"))
    return Assembled(data, users, items)


def _table(
    recipe: Recipe,
    snapshots: Mapping[str, Artefact],
    events: StreamedEvents | None,
    selection: Selection,
    say: Callable[[str], None],
) -> InteractionTable:
    parts, context = [], []
    if "INTERACTIONS" in snapshots:
        imported = InteractionSnapshot.of(snapshots["INTERACTIONS"])
        if recipe.context:
            context = [name for name in context_fields(imported.schema) if selection.takes("INTERACTIONS", name)]
        parts.append(read_snapshot(imported, context))
    parts.append(InteractionTable.empty() if events is None else read_streamed(events, context))
    in_seconds = [part.in_seconds() for part in parts]
    if any(changed is not part for changed, part in zip(in_seconds, parts, strict=True)):
        say("timestamps that can only be parts of a second are read as such")
    return InteractionTable.united(in_seconds).selected(selection.events).without_duplicates()


def _require_enough(table: InteractionTable, selection: Selection) -> None:
    """Personalize's minimums, in its words.

    Raises:
        UserFault: there is too little to learn from.
    """
    least = max(selection.least_interactions, 1)
    if len(table) < least:
        kinds = [words for each in selection.events if (words := each.in_words())]
        where = f" after filtering by {', '.join(kinds)}" if kinds else ""
        raise UserFault(
            f"Create failed. Dataset has fewer than {least} interactions{where}. "
            f"There {'is' if len(table) == 1 else 'are'} {len(table)}; import or stream more."
        )
    lengths = np.diff(table.user_offsets())
    able, active = int(np.count_nonzero(lengths >= 2)), int(np.count_nonzero(lengths))
    if able < LEAST_USERS:
        raise UserFault(
            f"Create failed. Dataset has fewer than {LEAST_USERS} users with at least 2 interactions each. "
            f"There are {able}."
        )
    if able < LEAST_USER_SHARE * active:
        raise UserFault(
            f"Create failed. Fewer than {LEAST_USER_SHARE:.0%} of the users have at least 2 interactions each: "
            f"{able} of {active}."
        )
