"""Waiters for boto3 clients of `personalize`, which Amazon Personalize never had. See docs/waiting.md."""

from __future__ import annotations

from reco.client.waiters import (
    WaitTimeout,
    wait_until_active,
    wait_until_deleted,
    wait_until_stopped,
    waiter_for,
)

__all__ = ["WaitTimeout", "wait_until_active", "wait_until_deleted", "wait_until_stopped", "waiter_for"]
