"""Rules for tags of whatever there is."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reco.control.tags import TAG_LIMIT, TAGGABLE
from tests.control.model_machine import OWNER, Machine
from tests.control.model_world import Life

of_first = st.sampled_from([0, 0, 20, 40])
of_count = st.sampled_from([1, 2, 30, TAG_LIMIT + 1])
"""Of keys: two or three draws of the many are more than a resource may carry."""


class Tags(Machine):
    @rule(data=st.data(), first=of_first, count=of_count, value=st.sampled_from(["", "a", "b"]))
    def tag(self, data: st.DataObject, first: int, count: int, value: str) -> None:
        life = self._any(data)
        given = {f"k{number}": value for number in range(first, first + count)}
        answer = self.ask(
            "TagResource",
            resource_arn=OWNER.arn(life.kind, life.id),
            tags=[{"tag_key": key, "tag_value": value} for key, value in given.items()],
        )
        after = {**life.tags, **given}
        fault = "TooManyTags" if count > TAG_LIMIT else self._fault(life)
        if fault is None and len(after) > TAG_LIMIT:
            fault = "TooManyTags"
        if self.expect(answer, fault):
            life.tags = after
        self.tags_are_as_put(life)

    @rule(data=st.data(), first=of_first, count=of_count)
    def untag(self, data: st.DataObject, first: int, count: int) -> None:
        life = self._any(data)
        keys = [f"k{number}" for number in range(first, first + count)]
        answer = self.ask("UntagResource", resource_arn=OWNER.arn(life.kind, life.id), tag_keys=keys)
        if self.expect(answer, "TooManyTagKeys" if count > TAG_LIMIT else self._fault(life)):
            life.tags = {key: value for key, value in life.tags.items() if key not in keys}
        self.tags_are_as_put(life)

    def tags_are_as_put(self, *lives: Life) -> None:
        """Listed whole and in the order in which they were added, whatever else has happened to their resources."""
        for life in lives:
            answer = self.ask("ListTagsForResource", resource_arn=OWNER.arn(life.kind, life.id))
            if self.expect(answer, None if life.kind in TAGGABLE else "InvalidInput"):
                assert [(each["tag_key"], each["tag_value"]) for each in answer["tags"]] == list(life.tags.items())

    def _any(self, data: st.DataObject) -> Life:
        return data.draw(st.sampled_from(list(self.world.lives.values())), label="which")

    @staticmethod
    def _fault(life: Life) -> str | None:
        if life.kind not in TAGGABLE:
            return "InvalidInput"
        return None if life.deleted is None else "ResourceInUse"
