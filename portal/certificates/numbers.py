"""Numbers on a paper: the issue number counts per ward and year, the verification code cannot be guessed."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.certificates.models import IssueCounter
from portal.core.addresses import towns
from portal.core.db import insert_once
from portal.core.reference import new_reference
from portal.core.text import digits

DIGITS = 13
UNKNOWN_WARD = "100"
"""The city as a whole (12100): an office that belongs to no ward."""


def next_issue_number(session: Session, ward: str, year: int) -> str:
    """2026-101-000123: calendar year in Japan, ward by its local-government code, running number.

    The counter's row is locked until the transaction ends, so a rolled-back payment leaves no gap.
    """
    code = ward_code(ward)
    key = {"ward_code": code, "year": year}
    insert_once(session, IssueCounter.__table__, {**key, "last": 0})  # type: ignore[arg-type]
    number = session.execute(
        update(IssueCounter)
        .filter_by(**key)
        .values(last=IssueCounter.last + 1)
        .returning(IssueCounter.last)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return f"{year}-{code}-{number:06d}"


def ward_code(ward: str) -> str:
    """The last three digits of the ward's local-government code: 中央区 (12101) → 101."""
    return next((town.jis_code[2:] for town in towns() if town.ward == ward), UNKNOWN_WARD)


def ward_of(issue_number: str) -> str:
    """The ward whose counter gave the number out: 2026-101-000123 → 中央区; "" for the city as a whole."""
    code = issue_number.split("-")[1]
    return next((town.ward for town in towns() if town.jis_code[2:] == code), "")


def read_issue_number(typed: str) -> str:
    """2026-101-000123 from what somebody typed, in any width, with any dashes. Raises TextRefused."""
    signs = digits(typed, count=DIGITS)
    return f"{signs[:4]}-{signs[4:7]}-{signs[7:]}"


def new_verification_code() -> str:
    """Twelve signs people can read aloud: 54 random bits and a check sign."""
    return new_reference()
