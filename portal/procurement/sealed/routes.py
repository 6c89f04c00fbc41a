"""A company files its sealed quotation, and sees afterwards that it lies there."""

from typing import Any

from flask import redirect, render_template
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core.actor import Actor
from portal.procurement import tenders
from portal.procurement.models import Agency, Tender
from portal.procurement.sealed import rules, seal, service
from portal.procurement.sealed.forms import QuotationForm
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.room import Room

room = Room("sealed", __name__, "/business/tenders")


def _find(session: Session, number: str) -> tuple[Tender, Agency]:
    found = tenders.public(session, number)
    if found is None:
        raise NotFound
    if not found[0].sealed:
        raise rules.NotSealed
    return found


@room.page("/<number>/quotation", access=Access.BUSINESS)
def quotation(session: Session, actor: Actor, number: str) -> str:
    """The form, or the receipt of what was filed."""
    return _page(session, actor, *_find(session, number), QuotationForm.read().speak())


def _page(session: Session, actor: Actor, tender: Tender, agency: Agency, form: QuotationForm) -> str:
    standing = companies.standing(session, actor, PowerOf.TENDERS)
    filed = service.own_quotation(session, tender, standing.company_id)
    outdated = filed is not None and service.is_outdated(session, tender, filed)
    again = outdated and service.is_open(tender)
    if filed is None or again:
        service.check_open(tender)
        if not service.may_file(session, tender, standing.company_id):
            raise rules.NotEntitled
    return render_template(
        "sealed/quotation.html",
        tender=tender,
        agency=agency,
        company=standing.name,
        form=form,
        filed=None if again else filed,
        outdated=outdated,
        receipt=seal.receipt_code(filed.sealed) if filed else "",
    )


@room.page("/<number>/quotation", access=Access.BUSINESS, methods=("POST",))
def file(session: Session, actor: Actor, number: str) -> Any:
    """Seal it; from here on nobody reads it before the opening."""
    tender, agency = _find(session, number)
    form = QuotationForm.read().speak()
    said = form.said()
    if said is None:
        return _page(session, actor, tender, agency, form), 422
    service.file(session, hall().settings.file_ring, actor, tender, said)
    return redirect(f"/business/tenders/{tender.number}/quotation", 303)
