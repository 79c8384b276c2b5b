"""Many writes to one table in few requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reco.storage.retries import Retries

WRITES = 25
"""That one BatchWriteItem takes."""


def write_all(client: Any, table: str, writes: Sequence[dict[str, Any]], retries: Retries) -> bool:
    """Puts and deletes, in no order, each of which may be repeated; whether all were done.

    DynamoDB may do a part of a batch; the rest is sent again as often as `retries` allows. Where that is not enough,
    later batches are not sent.

    Args:
        writes: members PutRequest or DeleteRequest; no key twice.
    """
    for start in range(0, len(writes), WRITES):
        waiting = writes[start : start + WRITES]
        for _ in retries:
            answer = client.batch_write_item(RequestItems={table: waiting})
            waiting = answer.get("UnprocessedItems", {}).get(table, [])
            if not waiting:
                break
        else:
            return False
    return True
