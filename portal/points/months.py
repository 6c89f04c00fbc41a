"""The month of an instant in Japan, as the database tells it."""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Session


def month_of(session: Session, at: Any) -> ColumnElement[str]:
    """2026-11."""
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m", at, "+9 hours")
    return func.to_char(func.timezone("Asia/Tokyo", at), "YYYY-MM")
