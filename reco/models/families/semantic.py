"""Family `semantic_similarity`: items whose texts say the same."""

from __future__ import annotations

from reco.models.families.neighbours import NeighbourModel, Scored


class SemanticModel(NeighbourModel):
    """Items of like text, then popular ones; what users did decides only among the equally like."""

    family = "semantic_similarity"

    def like(self, item: int) -> Scored:
        """The items of like text and their cosine with the item, best first: for metrics."""
        return self._scored(item)
