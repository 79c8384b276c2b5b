"""The status strings clients see, spelled as Amazon Personalize spells them.

Source: control-plane reference, section B.1. The lifecycle table decides who passes through which.
"""

from __future__ import annotations

from typing import Final

CREATE_PENDING: Final = "CREATE PENDING"
CREATE_IN_PROGRESS: Final = "CREATE IN_PROGRESS"
ACTIVE: Final = "ACTIVE"
CREATE_FAILED: Final = "CREATE FAILED"
CREATE_STOPPING: Final = "CREATE STOPPING"
CREATE_STOPPED: Final = "CREATE STOPPED"
UPDATE_PENDING: Final = "UPDATE PENDING"
UPDATE_IN_PROGRESS: Final = "UPDATE IN_PROGRESS"
UPDATE_FAILED: Final = "UPDATE FAILED"
PENDING: Final = "PENDING"
IN_PROGRESS_ALONE: Final = "IN_PROGRESS"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"
"""These four are the data deletion jobs' own."""
STOP_PENDING: Final = "STOP PENDING"
STOP_IN_PROGRESS: Final = "STOP IN_PROGRESS"
INACTIVE: Final = "INACTIVE"
START_PENDING: Final = "START PENDING"
START_IN_PROGRESS: Final = "START IN_PROGRESS"
"""These five are the recommenders' own."""
DELETE_PENDING: Final = "DELETE PENDING"
DELETE_IN_PROGRESS: Final = "DELETE IN_PROGRESS"

UNFINISHED: Final = frozenset({CREATE_PENDING, CREATE_IN_PROGRESS, CREATE_STOPPING})
"""A state machine still has to say how it ends."""
