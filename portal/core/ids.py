"""Typed ids: random, so that no number in a URL tells how many there are or whose turn is next."""

from typing import NewType
from uuid import UUID, uuid4

ResidentId = NewType("ResidentId", UUID)
StaffId = NewType("StaffId", UUID)
ClientId = NewType("ClientId", UUID)
NoticeId = NewType("NoticeId", UUID)
ApplicationId = NewType("ApplicationId", UUID)


def new_id() -> UUID:
    """A fresh random id (122 random bits, RFC 9562 version 4)."""
    return uuid4()
