"""Pages of a company's basics: what it says of itself, with history and evidence, and the yearly confirmation."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from flask import Response, g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.banks import service as banks
from portal.basics import rules, service
from portal.basics.forms import FactForm
from portal.basics.rules import KIND_WORDS, SINGLE, Kind
from portal.basics.service import Fact
from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.config import Settings
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.files import service as files
from portal.web.access import Access, NotFound
from portal.web.forms import explain
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import show_list
from portal.web.room import Body, Room

room = Room("basics", __name__, "/business/basics")
MEGABYTES = 5
REST_OF_FORM = 100_000  # bytes of a request beside its file
# Nothing a file holds may act as a page of ours.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def _limit(_settings: Settings) -> int:
    return MEGABYTES * 1_000_000 + REST_OF_FORM


def _too_large(_settings: Settings) -> Refusal:
    return files.UploadTooLarge(megabytes=MEGABYTES)


BODY = Body(_limit, _too_large)


class Sent(NamedTuple):
    """The file of this request made fit to be kept, or why it cannot be; neither without a file."""

    prepared: files.Prepared | None = None
    refusal: Refusal | None = None


def _prepared() -> Sent:
    """Looked through before the transaction begins, because it is slow; only for who may keep it."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return Sent()
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
        companies.standing(session, g.actor, PowerOf.BASICS)
    try:
        scan = files.scanner(hall().settings.clamd)
        return Sent(files.prepare(upload.filename, upload.stream.read(), megabytes=MEGABYTES, scan=scan))
    except files.FileRefused as refusal:
        return Sent(refusal=refusal)


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """Everything the company says of itself."""
    now = service.own_standing(session, actor)
    whole = PowerOf.BASICS in now.powers
    found = [
        fact
        for fact in service.facts_of(session, hall().settings.file_ring, now.company_id)
        if fact.holds or fact.comes
    ]
    return render_template(
        "basics/basics.html",
        now=now,
        may_change=whole,
        sections=[
            (str(kind), _(words), [_line(session, fact, whole=whole) for fact in found if fact.kind is kind],
             kind in SINGLE, now.head is None or kind in service.OF_BRANCH)
            for kind, words in KIND_WORDS.items()
        ],
        stale=any(fact.holds and not fact.is_fresh for fact in found),
        any_facts=bool(found),
        done=request.args.get("done", ""),
    )  # fmt: skip


def _line(session: Session, fact: Fact, *, whole: bool) -> dict[str, Any]:
    title, lines = rules.words_of(fact.kind, fact.content, _, whole=whole)
    if fact.kind is Kind.BANK and fact.holds:
        lines = [*lines, bank_now(session, fact.content)]
    return {
        "fact": fact,
        "title": title,
        "lines": [line for line in lines if line],
        "kind": _(KIND_WORDS[fact.kind]),
        "files": service.evidence_of(session, fact.id) if whole or fact.kind is not Kind.BANK else (),
    }


def bank_now(session: Session, content: Mapping[str, str]) -> str:
    """What became of a bank since the company told it: "" where it is as it was."""
    found = banks.look(session, content.get("bank_code", ""), content.get("branch_code", ""))
    return explain(found.refused) if isinstance(found, banks.Fault) else ""


@room.page("/history", access=Access.BUSINESS)
def history(session: Session, actor: Actor) -> str:
    """What was told when, and by whom; also what no longer holds."""
    now = service.own_standing(session, actor)
    whole = PowerOf.BASICS in now.powers
    found = service.facts_of(session, hall().settings.file_ring, now.company_id)
    found.sort(key=lambda fact: fact.entered_at, reverse=True)
    return render_template(
        "basics/history.html", lines=[_line(session, fact, whole=whole) for fact in found[:HISTORY_SHOWN]]
    )


HISTORY_SHOWN = 200


def _kind(said: str) -> Kind:
    if said not in set(Kind):
        raise NotFound
    return Kind(said)


def _editor(form: FactForm, action: str, error: str = "") -> str:
    return render_template(
        "basics/fact_form.html",
        form=form,
        kind=_(KIND_WORDS[form.kind]),
        action=action,
        error=error,
        faults=[(field.name, f"{field.label.text}: {field.errors[0]}") for field in form if field.errors]
        + ([("file", error)] if error else []),
        megabytes=MEGABYTES,
        changing=action.endswith("/change"),
    )


@room.page("/new/<kind>", access=Access.BUSINESS)
def new(session: Session, actor: Actor, kind: str) -> str:
    """Tell something new."""
    now = companies.standing(session, actor, PowerOf.BASICS)
    return _editor(FactForm(_kind(kind), now.key), f"/business/basics/new/{kind}")


@room.page("/new/<kind>", access=Access.BUSINESS, methods=("POST",), before=_prepared, body=BODY)
def tell(session: Session, actor: Actor, kind: str, found: Sent) -> Any:
    """Keep it."""
    return _keep(session, actor, _kind(kind), found, f"/business/basics/new/{kind}")


def _keep(session: Session, actor: Actor, kind: Kind, found: Sent, action: str, instead: UUID | None = None) -> Any:
    now = companies.standing(session, actor, PowerOf.BASICS)
    form = FactForm(kind, now.key)
    told = form.told(partial(banks.look, session))
    if told is None or found.refusal is not None:
        return _editor(form, action, _said(found.refusal) if found.refusal else ""), 422
    try:
        service.enter(session, hall().settings.file_ring, actor, kind, told, instead=instead, evidence=found.prepared)
    except rules.InvoiceOfCorporation as refusal:
        form.content.number.errors = [_said(refusal)]
        return _editor(form, action), 422
    return redirect("/business/basics?done=kept", 303)


def _said(refusal: Refusal) -> str:
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"


def _own_fact(session: Session, actor: Actor, fact_id: UUID) -> Fact:
    now = companies.standing(session, actor, PowerOf.BASICS)
    found = service.facts_of(session, hall().settings.file_ring, now.company_id)
    fact = next((fact for fact in found if fact.id == fact_id), None)
    if fact is None:
        raise NotFound
    return fact


@room.page("/<uuid:fact_id>/change", access=Access.BUSINESS)
def change_form(session: Session, actor: Actor, fact_id: UUID) -> str:
    """What stands there, to change it."""
    fact, now = _own_fact(session, actor, fact_id), companies.standing(session, actor, PowerOf.BASICS)
    return _editor(FactForm(fact.kind, now.key, fact.content), f"/business/basics/{fact_id}/change")


@room.page("/<uuid:fact_id>/change", access=Access.BUSINESS, methods=("POST",), before=_prepared, body=BODY)
def change(session: Session, actor: Actor, fact_id: UUID, found: Sent) -> Any:
    """Keep the change; who used the old value is told."""
    fact = _own_fact(session, actor, fact_id)
    return _keep(session, actor, fact.kind, found, f"/business/basics/{fact_id}/change", fact_id)


@room.page("/<uuid:fact_id>/remove", access=Access.BUSINESS)
def ask_remove(session: Session, actor: Actor, fact_id: UUID) -> str:
    """Asks once."""
    fact = _own_fact(session, actor, fact_id)
    title, lines = rules.words_of(fact.kind, fact.content, _, whole=True)
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Remove this entry?"),
        words=_("Remove it"),
        consequence=_("Public bodies that used it are told that it no longer holds. It stays in the history."),
        facts=[{"label": _(KIND_WORDS[fact.kind]), "value": show_list([title, *filter(None, lines)])}],
        action=f"/business/basics/{fact_id}/remove",
        back="/business/basics",
    )


@room.page("/<uuid:fact_id>/remove", access=Access.BUSINESS, methods=("POST",))
def remove(session: Session, actor: Actor, fact_id: UUID) -> Redirect:
    """It no longer holds."""
    service.remove(session, actor, fact_id)
    return redirect("/business/basics?done=removed", 303)


@room.page("/confirm", access=Access.BUSINESS, methods=("POST",))
def confirm(session: Session, actor: Actor) -> Redirect:
    """All of it is still correct."""
    service.confirm(session, actor)
    return redirect("/business/basics?done=confirmed", 303)


@room.page("/<uuid:fact_id>/files/<uuid:file_id>", access=Access.BUSINESS)
def evidence(session: Session, actor: Actor, fact_id: UUID, file_id: UUID) -> Response:
    """A file of evidence, for the company itself; of an account only for whom its whole number is shown."""
    now = service.own_standing(session, actor)
    if service.is_masked(session, now, fact_id):
        raise files.FileNotFound
    opened = service.open_evidence(session, hall().settings.file_ring, now.company_id, fact_id, file_id)
    return file_answer(opened)


def file_answer(opened: files.Opened) -> Response:
    """A file on its way to a browser."""
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = "inline" if opened.inline else "attachment; filename=evidence.pdf"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer
