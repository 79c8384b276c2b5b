"""A trained artefact in service: its model, and the histories it was trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reco.artefact import Artefact, Vocabulary
from reco.models.described_users import CODES, fields_of, values_of
from reco.models.history import HISTORY_WEIGHTS, MEAN_WEIGHT
from reco.models.interactions import WEIGHT_RANGE
from reco.models.served import BY_ROWS, load_model
from reco.recipes.event_parameters import parameters_from
from reco.storage.event_records import EVENTS_THROUGH, UNSETTLED_EVENTS
from reco.storage.events import VisitorEvent

FAR_ARRAYS = ("history_items", "history_times", HISTORY_WEIGHTS, CODES, *sorted(BY_ROWS))
"""Read by rows only, so they may stay in S3."""

_REMEMBERED_ITEMS = 100_000


class LoadedModel:
    """What the runtime holds of one artefact."""

    def __init__(self, artefact: Artefact) -> None:
        self.ranker = load_model(artefact)
        self.items = self.ranker.items
        self._artefact = artefact
        self._users = Vocabulary.of(artefact, "users")
        self._offsets = artefact.array("history_offsets")
        self._through_ms: int = artefact.attributes.get(EVENTS_THROUGH, -1)
        marked = f"{UNSETTLED_EVENTS}.offsets" in artefact.names
        self._unsettled = frozenset(Vocabulary.of(artefact, UNSETTLED_EVENTS)) if marked else frozenset()
        self._learned_from = parameters_from(artefact.attributes)
        self._mean_weight: float | None = artefact.attributes.get(MEAN_WEIGHT)
        self._fields_of_users = fields_of(artefact.attributes)
        known = (field for field, _ in artefact.attributes.get("newcomer_values", []))
        self._fields = {field.upper(): field for field in known}
        self._item_rows: dict[str, int] = {}

    def user_row(self, user: str) -> int | None:
        """The user's row among those the model was trained on."""
        return self._users.row(user)

    @property
    def weighs(self) -> bool:
        """Whether kinds of events count differently."""
        return self._mean_weight is not None

    def trained_history(self, user_row: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32] | None]:
        """Item rows, seconds and, where events weigh, what each counts, oldest first."""
        start, stop = int(self._offsets[user_row]), int(self._offsets[user_row + 1])
        return (
            self._artefact.rows("history_items", start, stop),
            self._artefact.rows("history_times", start, stop),
            self._artefact.rows(HISTORY_WEIGHTS, start, stop) if self.weighs else None,
        )

    def weight_of(self, event: VisitorEvent) -> float:
        """What a streamed event that `adds` counts."""
        if self._mean_weight is None:
            return 1.0
        given = next(kind.weight for kind in self._learned_from if kind.accepts(event.type, event.value))
        return float(np.clip(given / self._mean_weight, 1 / WEIGHT_RANGE, WEIGHT_RANGE))

    def context(self, given: Mapping[str, str]) -> dict[str, str]:
        """A request's context by the fields that the model knows, whose names may come in any case."""
        return {known: value for name, value in given.items() if (known := self._fields.get(name.upper()))}

    def described(self, user_row: int | None) -> dict[str, str]:
        """What is known of a user besides their events, as far as the model can use it."""
        if user_row is None or not self._fields_of_users:
            return {}
        return values_of(self._fields_of_users, self._artefact.rows(CODES, user_row, user_row + 1)[0])

    def item_row(self, item: str) -> int:
        """The item's row; -1 when the model does not know it."""
        row = self._item_rows.get(item)
        if row is None:
            found = self.items.row(item)
            row = -1 if found is None else found
            if len(self._item_rows) >= _REMEMBERED_ITEMS:
                self._item_rows.clear()
            self._item_rows[item] = row
        return row

    def adds(self, event: VisitorEvent) -> bool:
        """Whether a streamed event adds to the user's trained history: it is of the kind that the model learned from,
        and not in there yet."""
        if event.owner == "user" and (event.known_ms <= self._through_ms or event.record in self._unsettled):
            return False
        return not self._learned_from or any(kind.accepts(event.type, event.value) for kind in self._learned_from)
