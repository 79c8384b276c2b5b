"""Fitting the blend: what held-out users teach, then the signals that are worth it on everybody."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reco.models import als
from reco.models.blend import standard_scores, weighed
from reco.models.cold_items import fit_cold_items
from reco.models.cold_likings import ColdLikings, fit_cold_likings
from reco.models.cold_likings import Example as ColdExample
from reco.models.compact import read_factors
from reco.models.content import ItemContent
from reco.models.families.blend import BlendModel
from reco.models.families.blend_learning import learn, recalled
from reco.models.fit_settings import FitSettings
from reco.models.history import Touches
from reco.models.interactions import Interactions
from reco.models.newcomers import fit_newcomers
from reco.models.popularity import newcomer_shares
from reco.models.pruning import compacted
from reco.models.selection import Values, seen_items, usual_users
from reco.models.signal_fitting import fit_signals, plan_signals
from reco.models.signals import SignalPlan, Signals
from reco.models.source import FittedModel
from reco.models.training_data import TrainingData

Floats = NDArray[np.float32]

DENSE_LIMIT = 6_000
"""Most items in the item-by-item systems that are solved densely."""
DEFAULT_STEPS = 32
COLD_EXAMPLES = 100
"""Users on whom is learned how far content is to be believed."""


def fit(data: TrainingData, values: Values, settings: FitSettings) -> FittedModel:
    """The blend; the weights that `settings.decided` holds are taken over."""
    interactions = usual_users(data.interactions, values)
    recent = bool(values.get("recency_mask", True))
    factors = int(values.get("hidden_dimension", 149))
    plan = plan_signals(
        interactions, recent=recent, steps=int(values.get("bptt", DEFAULT_STEPS)), dense_limit=DENSE_LIMIT
    )
    decided = settings.decided
    seen = decided.get("seen_items") or seen_items(interactions)
    found = recalled(decided, plan) if "blend" in decided else None
    if found is None:
        settings.say("learning how the signals add up")
        found = learn(interactions, plan, seen, settings, partial(_signals, factors=factors, settings=settings))
    settings.say(f"fitting {len(found.plan.names)} signals")
    fitted = _signals(interactions, found.plan, factors=factors, settings=settings)
    arrays: dict[str, NDArray[Any]] = {**fitted.arrays}
    attributes: dict[str, Any] = {**fitted.attributes}
    touched = np.bincount(interactions.items, minlength=interactions.item_count) > 0
    everybody = data.interactions
    newcomers = fit_newcomers(everybody, newcomer_shares(everybody, recent=recent), everybody.described_events())
    arrays |= {
        **newcomers.arrays(),
        "untouched_items": np.flatnonzero(~touched).astype(np.int32),
    }
    attributes |= {
        **newcomers.attributes(),
        "family": BlendModel.family,
        "seen_items": seen,
        **found.attributes(),
    }
    cold = _cold(data.content, interactions, FittedModel(arrays, attributes), settings)
    if cold:
        arrays |= cold.arrays()
        attributes |= cold.attributes()
    model = compacted(FittedModel(arrays, attributes))
    return data.objective.leaning(model) if data.objective else model


def _cold(
    content: ItemContent | None, interactions: Interactions, model: FittedModel, settings: FitSettings
) -> ColdLikings | None:
    """What content promises of items that nobody touched; None where there is no content, or no such item."""
    counts = np.bincount(interactions.items, minlength=interactions.item_count)
    if content is None or (counts > 0).all():
        return None
    settings.say("learning what the items' content promises")
    found = fit_cold_items(content, model.array("item_factors"), counts, seed=settings.seed)
    signals, weights = Signals(model), np.array(model.attributes["blend"]["weights"], np.float32)
    known = int(np.count_nonzero(counts))
    active = np.flatnonzero(interactions.lengths)
    asked = np.random.default_rng(settings.seed).choice(active, min(COLD_EXAMPLES, len(active)), replace=False)

    def examples() -> Iterator[ColdExample]:
        for user in np.sort(asked).tolist():
            touches = Touches.of(*interactions.history(user), interactions.history_weights(user))
            scores = standard_scores(signals.matrix(touches), known)
            yield ColdExample(signals.vector(touches), touches.items, weighed(scores, weights))

    return fit_cold_likings(found.promised, found.codes, counts > 0, examples())


def _signals(interactions: Interactions, plan: SignalPlan, *, factors: int, settings: FitSettings) -> FittedModel:
    """What `Signals` reads."""
    return FittedModel(
        *fit_signals(
            interactions,
            plan,
            factors=factors,
            seed=settings.seed,
            threads=settings.threads,
            dense_limit=DENSE_LIMIT,
            initial=_begun(settings, interactions.item_count, factors),
        )
    )


def _begun(settings: FitSettings, item_count: int, factors: int) -> Floats | None:
    """Item factors of an earlier version to go on from, by the rows of the items now; None to start afresh."""
    if settings.previous is None:
        return None
    earlier = read_factors(settings.previous)
    return als.continued(earlier[np.arange(len(earlier))], np.arange(item_count), factors, settings.seed)
