"""Replacing parts of moto for as long as a stack runs, and putting them back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ABSENT = object()


@contextmanager
def patched(owner: Any, **replacements: Any) -> Iterator[None]:
    """Sets attributes of a module or class while the block runs.

    Raises:
        AttributeError: the owner has no such attribute: moto is another version than the one this was written for.
    """
    for name in replacements:
        getattr(owner, name)
    with added(owner, **replacements):
        yield


@contextmanager
def added(owner: Any, **replacements: Any) -> Iterator[None]:
    """The same for attributes that the owner may lack."""
    before = {name: owner.__dict__.get(name, _ABSENT) for name in replacements}
    for name, replacement in replacements.items():
        setattr(owner, name, replacement)
    try:
        yield
    finally:
        for name, original in before.items():
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
