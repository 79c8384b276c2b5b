"""The quotas as a page of the documentation: `python -m reco.control.quota_reference > docs/reference/quotas.md`."""

from __future__ import annotations

from collections.abc import Iterator

from reco.control.filters import GROUP_COLUMNS_LIMIT
from reco.control.metric_attributions import MOST_METRICS
from reco.control.quotas import QUOTAS, WITHOUT, Quota
from reco.control.tags import TAG_LIMIT
from reco.filters.rules import COLUMNS_LIMIT

_INTRODUCTION = f"""\
# Quotas

How many resources there may be. The defaults are Amazon Personalize's, and they hold unless they are lifted; a create
beyond one is refused with LimitExceededException, in the service's words.

Lift any of them when you deploy, by name, with a number or `{WITHOUT}`:

```
cdk deploy --all -c quotas=dataset_groups:50,campaigns:{WITHOUT}
```

Made from the table in `reco/control/quotas.py` by
`python -m reco.control.quota_reference > docs/reference/quotas.md`.
"""

_FIXED = f"""\
## Fixed

These are no settings. Where there is one place, it is found by name or held in the parent: two creators at once
cannot both get it.

| Of what | Most | In | Refused with |
|---|---|---|---|
| event trackers | 1 | a dataset group | LimitExceededException |
| metric attributions | 1 | a dataset group | LimitExceededException |
| datasets of one type | 1 | a dataset group | ResourceAlreadyExistsException |
| import jobs in progress | 1 | a dataset | ResourceInUseException |
| metrics | {MOST_METRICS} | a metric attribution | InvalidInputException |
| columns | {COLUMNS_LIMIT} | a filter | InvalidInputException |
| columns | {GROUP_COLUMNS_LIMIT} | all filters of a dataset group | LimitExceededException |
| tags | {TAG_LIMIT} | a resource | TooManyTagsException |
"""

_COUNTING = """\
## How they are counted

A quota is looked at just before a resource is written. Creators at the same instant may each see the last place free:
then there are a few more than the quota says, and the next one is refused. A name that is taken is refused as taken,
not as one too many.

Limits of requests, events, schemas and training data are no quotas of resources: they are refused where they are read.
"""


def as_markdown() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_table(), _FIXED, _COUNTING])


def _table() -> Iterator[str]:
    yield "| Quota | Default | In | What counts | Amazon raises it |"
    yield "|---|---|---|---|---|"
    for quota in QUOTAS:
        where = "an account's region" if quota.scope == "account" else "a dataset group"
        adjustable = "on request" if quota.adjustable else "no"
        yield f"| `{quota.name}` | {quota.limit} | {where} | {_counted(quota)} | {adjustable} |"
    yield ""


def _counted(quota: Quota) -> str:
    if quota.at_work is None:
        return "all but what has failed or is being deleted"
    return "those that wait" if len(quota.at_work) == 1 else "those that wait or are at work"


if __name__ == "__main__":
    print(as_markdown(), end="")
