"""The model that an UPDATE goes on from, in the rows of the data it is to be updated with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reco.artefact import Vocabulary, open_artefact
from reco.errors import PlatformFault
from reco.jobs.specification import SnapshotReference
from reco.models.compact import FACTORS, read_factors
from reco.models.source import FittedModel
from reco.storage.objects import Objects


def read_previous(home: Objects, reference: SnapshotReference, folder: Path, items: Vocabulary) -> FittedModel:
    """The earlier version's factors, a row for each of `items`, zero for those it did not know; and all that it has
    learned besides, as attributes.

    Raises:
        PlatformFault: the artefact is gone.
        CorruptArtefact: it is not what it was.
    """
    if not home.download_folder(reference.uri, folder):
        raise PlatformFault(f"The earlier version's model {reference.uri} is gone. Train with trainingMode FULL.")
    artefact = open_artefact(folder, digest=reference.digest, verify=True)
    known = Vocabulary.of(artefact, "items")
    _, places, places_of_known = items.union(known)
    rows = np.full(max(int(places.max(initial=-1)), int(places_of_known.max(initial=-1))) + 1, -1)
    rows[places] = np.arange(len(items))
    target = rows[places_of_known]
    there = target >= 0
    arrays = {}
    if FACTORS in artefact.names:
        earlier = read_factors(artefact)
        factors = np.zeros((len(items), earlier.shape[1]), np.float32)
        factors[target[there]] = earlier[np.flatnonzero(there)]
        arrays[FACTORS] = factors
    return FittedModel(arrays, dict(artefact.attributes))
