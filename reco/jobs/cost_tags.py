"""A resource's tags on the machine that works for it, so that a bill can be split by them.

Once a person has made their keys cost allocation tags (in the billing console), the hours of a training job count
under the tags of the resource that it was made for. A job function is one for everybody and carries none of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

MOST_TAGS = 49
"""SageMaker allows 50 on a training job; one place is left to Step Functions, which tags what it starts."""
MOST_CHARACTERS = 16_000
"""Of all tags as JSON text: they travel in the state of the machine, and shall not crowd it."""

KEY, VALUE = "Key", "Value"


def job_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as SageMaker takes them, in their order; those that do not fit are left out, the last ones first.

    Keys and values need no change: Personalize's may hold what SageMaker's may.
    """
    fitting: list[dict[str, str]] = []
    room = MOST_CHARACTERS
    for key, value in tags.items():
        tag = {KEY: key, VALUE: value}
        room -= len(json.dumps(tag)) + 2
        if room < 0 or len(fitting) == MOST_TAGS:
            break
        fitting.append(tag)
    return fitting
