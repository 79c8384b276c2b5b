"""Family `item_attribute_affinity`: the users likeliest to touch an item with certain attributes, for segments."""

from __future__ import annotations

from reco.artefact import Vocabulary
from reco.models.families.item_affinity import AffinityModel
from reco.models.item_attributes import ItemAttributes
from reco.models.segments import Segment
from reco.models.source import ModelSource


class AttributeAffinityModel(AffinityModel):
    """Ranks all users for an expression over the items' metadata."""

    family = "item_attribute_affinity"

    def __init__(self, source: ModelSource, items: Vocabulary) -> None:
        super().__init__(source, items)
        self.attributes = ItemAttributes.read(source)

    def rank_users_by(self, expression: str, count: int) -> Segment:
        """The users likeliest to touch an item that meets the expression; nobody where no item does.

        Raises:
            InvalidInput: the expression is not one, or names a column that the items lack.
        """
        return self.rank_users(self.attributes.select(expression), count)
