"""A deed of a page, wholly or not at all."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.core.errors import Refusal


def refused(session: Session, deed: Callable[[], object], why: tuple[type[Refusal], ...]) -> Refusal | None:
    """Do it; what refused it (one of *why*), and then nothing of it is there and the page reads everything anew."""
    try:
        with session.begin_nested():
            deed()
    except why as refusal:
        session.expire_all()
        return refusal
    return None
