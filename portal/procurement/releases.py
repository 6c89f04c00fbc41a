"""Releases of tenders as they were made, in pages: what packages, the feed and records are put together from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.procurement.models import Tender, TenderRelease

Bodies = Sequence[dict[str, Any]]


class NothingPublished(Refusal):
    code = "open-data-nothing-published"
    status = 404
    message = N_("Nothing is published under this number or on this page.")
    next_step = N_("Begin with the first page and follow the Link header to the next one.")


def page(session: Session, *, ocid: str = "", place: int, size: int) -> tuple[Bodies, bool]:
    """Page *place* (from 1) of *size* releases in the order of their making, and whether there are more. Raises
    NothingPublished: a package has one at least."""
    query = select(TenderRelease.body).join(Tender, Tender.id == TenderRelease.tender_id)
    query = query.where(Tender.ocid == ocid) if ocid else query
    query = query.order_by(TenderRelease.at, Tender.ocid, TenderRelease.number)
    found = session.scalars(query.offset((place - 1) * size).limit(size + 1)).all()
    if not found:
        raise NothingPublished
    return found[:size], len(found) > size


def histories(session: Session, *, ocid: str = "", place: int, size: int) -> tuple[Bodies, bool]:
    """All releases of page *place* of *size* tenders, by number, and whether there are more tenders. Raises
    NothingPublished."""
    known = select(TenderRelease.tender_id).where(TenderRelease.tender_id == Tender.id).exists()
    tenders = select(Tender.id).where(Tender.ocid == ocid if ocid else known).order_by(Tender.number)
    ids = session.scalars(tenders.offset((place - 1) * size).limit(size + 1)).all()
    query = select(TenderRelease.body).join(Tender, Tender.id == TenderRelease.tender_id)
    query = query.where(TenderRelease.tender_id.in_(ids[:size])).order_by(Tender.number, TenderRelease.number)
    found = session.scalars(query).all()
    if not found:  # a draft, too, is nothing
        raise NothingPublished
    return found, len(ids) > size


def newest(session: Session, most: int) -> Bodies:
    """The last *most*, the newest first."""
    query = select(TenderRelease.body).order_by(
        TenderRelease.at.desc(), TenderRelease.number.desc(), TenderRelease.tender_id
    )
    return session.scalars(query.limit(most)).all()
