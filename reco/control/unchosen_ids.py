"""Ids of what no caller names: the same for a request that an SDK sends again, since its first answer was lost.

Without a name nothing else would tell such a request from one for another resource (docs/adr/0002).
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from reco.storage.resources import Resource


def unchosen_id(parent: Resource, invocation: str | None) -> str:
    """8 hex digits for a new child of `parent`.

    Args:
        invocation: the SDK's own id of its user's call, from which the id is made; None draws one.
    """
    if invocation is None:
        return secrets.token_hex(4)
    return sha256(f"{parent.incarnation}/{invocation}".encode()).hexdigest()[:8]
