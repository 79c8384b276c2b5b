"""A trained model on trial before it serves: is it whole, does it load, does it still answer as after training?

Training records questions and its answers in the artefact's attribute `probes`, a list of

    {"history_items": [rows], "history_times": [seconds], "history_weights": [numbers] or null, "item": row or null,
     "candidates": [rows] or null, "count": n, "items": [rows, best first], "scores": [numbers] or null}

The machine that answers now may be another (arm64 against x86_64), so scores may differ in the last digits, and items
whose scores are that close may change places; nothing else may.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from reco.artefact.files import open_artefact
from reco.errors import AlgorithmFault, PlatformFault
from reco.models.query import Query, Ranking, ServedModel
from reco.models.served import load_model
from reco.storage.objects import Objects

TOLERANCE = 1e-4
"""Largest relative difference between a score now and at training."""


def try_model(home: Objects, address: str, digest: str) -> int:
    """Fetches the artefact, checks every digest, loads the model and asks all probes; returns how many.

    Raises:
        CorruptArtefact: a file is missing or not what its manifest says.
        AlgorithmFault: an answer differs from what training recorded.
        PlatformFault: the artefact is not there.
    """
    with tempfile.TemporaryDirectory(prefix="reco-trial-") as name:
        folder = Path(name)
        if not home.download_folder(address, folder):
            raise PlatformFault(f"The trained model is not at {address} any more. Train a new one.")
        artefact = open_artefact(folder, digest=digest, verify=True)
        model = load_model(artefact)
        probes = artefact.attributes.get("probes", [])
        for number, probe in enumerate(probes):
            _ask(model, probe, number)
    return len(probes)


def _ask(model: ServedModel, probe: dict[str, Any], number: int) -> None:
    candidates, weights = probe["candidates"], probe.get("history_weights")
    query = Query(
        history_items=np.asarray(probe["history_items"], np.int32),
        history_times=np.asarray(probe["history_times"], np.int64),
        item=probe["item"],
        candidates=None if candidates is None else np.asarray(candidates, np.int32),
        count=probe["count"],
        history_weights=None if weights is None else np.asarray(weights, np.float32),
    )
    difference = compare(model.rank(query), probe)
    if difference:
        raise AlgorithmFault(
            f"The model does not answer as it did after training (question {number + 1}: {difference}). "
            "Train a new one."
        )


def compare(ranking: Ranking, probe: dict[str, Any]) -> str | None:
    """What differs from the recorded answer, in words; None when nothing does."""
    items, expected = list(map(int, ranking.items)), list(map(int, probe["items"]))
    recorded = probe["scores"]
    if len(items) != len(expected):
        return f"{len(items)} items instead of {len(expected)}"
    if recorded is None or ranking.scores is None:
        return None if items == expected else "other items"
    scores, before = np.asarray(ranking.scores, float), np.asarray(recorded, float)
    # Place by place: an item that changed places with one of the same score leaves both scores as they were.
    close = np.isclose(scores, before, rtol=TOLERANCE, atol=1e-12)
    if not close.all():
        place = int(np.argmin(close))
        return f"score {scores[place]:.6g} instead of {before[place]:.6g} at place {place + 1}"
    ends = before[-1] * (1 + TOLERANCE) if len(before) else 0.0
    missing = [item for item, score in zip(expected, before, strict=True) if score > ends and item not in items]
    return f"item row {missing[0]} is missing" if missing else None
