"""Yen and points are whole numbers and never mixed."""

from typing import NewType

Yen = NewType("Yen", int)
Points = NewType("Points", int)
