"""Pages for whoever holds a paper, and for the resident who had it printed."""

import hashlib
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.certificates import service, view
from portal.certificates.forms import CheckForm
from portal.certificates.online import service as online
from portal.certificates.online.rules import FILE_KEPT
from portal.certificates.posting import service as posting
from portal.certificates.rules import OrderUnknown
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.staff import service as staff
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("certificates", __name__)

CHECKS = 60
"""In a quarter of an hour from one address: a bank's counter, not a machine that guesses."""
BIRTHS = 10
"""Dates of birth tried for one paper in a quarter of an hour."""

Answer = str | tuple[str, int]


@room.page("/verify", access=Access.PUBLIC, purpose=Purpose.CHECK)
def verify(session: Session, actor: Actor) -> str:
    """Is this certificate genuine? The QR code of the paper fills the form in (js/verify.js)."""
    return render_template("certificates/verify.html", form=CheckForm(), file_error="")


@room.page("/verify", access=Access.PUBLIC, purpose=Purpose.CHECK, methods=("POST",))
def check(session: Session, actor: Actor) -> Answer:
    """What the city's record says of the number and the code on the paper."""
    throttle.guard(session, "certificate check", request.remote_addr or "", limit=CHECKS)
    form = CheckForm.read()
    if not form.validate():
        if "compare" not in request.form or form.number.errors or form.code.errors:
            return render_template("certificates/verify.html", form=form, file_error=""), 422
        return _answer_page(_ask(session, form, compare=False), form), 422
    answer = _ask(session, form, compare=True)
    if form.born.data and answer.number:  # the code fits: without the paper nobody uses up its tries
        throttle.guard(session, "certificate birth date", answer.number, limit=BIRTHS)
    return _answer_page(answer, form)


def _ask(session: Session, form: CheckForm, *, compare: bool) -> service.Answer:
    desk = service.open_desk(hall().settings)
    number, code = form.number.data or "", form.code.data or ""
    return service.check(session, desk, number=number, code=code, born_on=form.born.data if compare else None)


def _answer_page(answer: service.Answer, form: CheckForm) -> str:
    tone, heading, text = view.words_of(answer)
    return render_template(
        "certificates/answer.html",
        answer=answer,
        form=form,
        tone=tone,
        heading=gettext(heading),
        text=gettext(text),
        facts=view.facts(answer) if answer.number else [],
        can_compare=bool(form.code.data),
    )


@room.page("/verify/file", access=Access.PUBLIC, purpose=Purpose.CHECK, methods=("POST",))
def check_file(session: Session, actor: Actor) -> Answer:
    """Whether a PDF is, bit for bit, one the city made; the file itself is not kept."""
    throttle.guard(session, "certificate check", request.remote_addr or "", limit=CHECKS)
    upload = request.files.get("file")
    pdf = upload.read() if upload else b""
    if not pdf.startswith(b"%PDF-"):
        wrong = gettext("Please choose the PDF file of a certificate.")
        return render_template("certificates/verify.html", form=CheckForm(), file_error=wrong), 422
    return _answer_page(service.check_document(session, hashlib.sha256(pdf).hexdigest()), CheckForm())


@room.page("/certificates", access=Access.RESIDENT)
def mine(session: Session, actor: Actor) -> str:
    """The certificates I ordered, newest first."""
    assert actor.id
    return render_template(
        "certificates/mine.html", rows=[view.line(one) for one in service.history(session, actor.id)]
    )


@room.page("/certificates/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """One of them: how far it came, how often it was checked, and what to do when money is owed."""
    assert actor.id
    found = service.own(session, actor.id, id)
    closed = found.closed_at or found.ordered_at
    return render_template(
        "certificates/show.html",
        order=found,
        has_file=online.has_file(session, found),
        kept_until=(closed + FILE_KEPT).astimezone(JST).date(),
        letter=posting.letter_of(session, found.id),
        title=gettext(service.title_of(found.options, found.kind)),
        office=staff.office_name(session, found.office),
        facts=view.own_facts(found, staff.office_name(session, found.office), online.stamp_of(session, found)),
        steps=view.steps(found),
        has_receipt=service.has_receipt(found),
        check_address=service.verification_address("", found.issue_number or "", found.verification_code or ""),
    )


@room.page("/certificates/<uuid:id>/receipt", access=Access.RESIDENT)
def receipt(session: Session, actor: Actor, id: UUID) -> Any:
    """The receipt for the fee, as PDF."""
    assert actor.id
    found = service.own(session, actor.id, id)
    if not service.has_receipt(found):
        raise OrderUnknown
    pdf = service.receipt(view.receipt(found, staff.office_name(session, found.office)))
    name = f"receipt-{found.reference}.pdf"
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
