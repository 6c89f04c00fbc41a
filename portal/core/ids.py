"""Typed ids: random, so that no number in a URL tells how many there are or whose turn is next."""

from typing import NewType
from uuid import UUID, uuid4

ResidentId = NewType("ResidentId", UUID)
ClientId = NewType("ClientId", UUID)


def new_id() -> UUID:
    """A fresh random id (122 random bits, RFC 9562 version 4)."""
    return uuid4()
