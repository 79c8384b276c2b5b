"""The domains that a dataset group may have. Rules of schemas and recipes are declared by them."""

from __future__ import annotations

from typing import Literal

Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]
"""The service model's enum `Domain`, where a type checker can read it; a group without one is a custom group."""
