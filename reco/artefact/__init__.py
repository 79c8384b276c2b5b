"""The one file format of models, snapshots and reports: raw arrays that map into memory beside a manifest."""

from reco.artefact.files import Artefact, open_artefact, write_artefact
from reco.artefact.manifest import FORMAT_VERSION, ArrayEntry, Manifest
from reco.artefact.vocabulary import Vocabulary

__all__ = ["FORMAT_VERSION", "ArrayEntry", "Artefact", "Manifest", "Vocabulary", "open_artefact", "write_artefact"]
