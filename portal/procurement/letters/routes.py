"""The desk of a body that writes to companies: draft, look, send, approve, withdraw, and what became of it."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service as companies
from portal.company_mailbox import service as company_mailbox
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose, looked
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.mailbox import service as mailbox
from portal.procurement.agencies import agency_of
from portal.procurement.forms import WordsForm
from portal.procurement.letters import choosing, rules
from portal.procurement.letters.forms import FIELDS_OF, LetterForm, known_of
from portal.procurement.models import Agency
from portal.procurement.rules import CATEGORY_WORDS
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import show_points
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("company_letters", __name__, "/staff/company-notices")
WRITER = Access.staff(Permission.COMPANY_WRITE)
sending, post = company_mailbox.sending, company_mailbox.letters
HEADS = ("法人番号", "事業者名", "配信", "開封", "開封した人", "対応", "対応した人", "回答", "ことば")


def said(refusal: Refusal) -> str:
    """A refusal as one text."""
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"


@room.page("", access=WRITER, purpose=Purpose.SENDING)
def show_all(session: Session, actor: Actor) -> str:
    """What this body wrote to companies."""
    agency = agency_of(session, actor)
    lines = [(one, *_state(one)) for one in sending.of_body(session, agency.code)]
    waiting = post.waiting_threads(session, agency.code)
    return render_template("letters/desk.html", agency=agency, lines=lines, waiting=waiting)


def _state(one: sending.AnySending) -> tuple[str, str]:
    words, tone = sending.decisions.STATE_WORDS[sending.State(one.state)]
    return _(words), tone


@room.page("/new", access=WRITER, purpose=Purpose.SENDING)
def new(session: Session, actor: Actor) -> str:
    """An empty notice."""
    agency_of(session, actor)
    return _editor(LetterForm.of())


def _editor(form: LetterForm, one: sending.AnySending | None = None) -> str:
    return render_template("letters/editor.html", form=form, one=one, most=show_points(rules.MOST))


def _read(form: LetterForm) -> tuple[sending.Said, rules.Chosen] | None:
    """What to keep, or None with the faults at their fields."""
    sound = form.validate()
    try:
        told = form.said() if sound else None
        chosen = form.chosen() if sound else None
        if told is not None:
            told.check(clock.today())
    except Refusal as refusal:
        form[FIELDS_OF.get(type(refusal), "numbers")].errors = [said(refusal)]
        return None
    return (told, chosen) if told is not None and chosen is not None and not form.errors else None


@room.page("/new", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def write(session: Session, actor: Actor) -> Any:
    """Keep a draft."""
    agency, form = agency_of(session, actor), LetterForm.of()
    found = _read(form)
    if found is None:
        return _editor(form), 422
    made = sending.write(session, actor, agency.code, agency.name, found[0], found[1].kept())
    return redirect(f"/staff/company-notices/{made.id}", 303)


@room.page("/<uuid:sending_id>", access=WRITER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, sending_id: UUID) -> str:
    """One notice as companies will see it, whom it is for, and what can be done."""
    return page(session, actor, sending_id)


def page(session: Session, actor: Actor, sending_id: UUID, fault: Refusal | str | None = None) -> str:
    """The page of one notice, also with what was refused."""
    agency = agency_of(session, actor)
    one = sending.own(session, agency.code, sending_id)
    is_draft = one.state == sending.State.DRAFT
    return render_template(
        "letters/one.html",
        one=one,
        agency=agency,
        state=_state(one),
        kind=_(mailbox.notice_rules.KIND_WORDS[sending.decisions.Kind(one.kind)]),
        paragraphs=[part for part in one.body.split("\n\n") if part.strip()],
        options=[option.get("ja", "") for option in one.choices.get("options", [])],
        files=post.files_of(session, [one.id]).get(one.id, []),
        standing=sending.standing(session, one.id),
        may_approve=Permission.COMPANY_APPROVE in actor.permissions
        and actor.id not in (one.proposed_by, one.author_id),
        by_system=one.client_id is not None,
        over=hall().settings.approval_over,
        topic=_(companies.TOPIC_WORDS[companies.TopicOf(one.topic)]),
        kept_until=mailbox.last_day(mailbox.KeptOf.DRAFT, one.written_at),
        fault=said(fault) if isinstance(fault, Refusal) else fault or "",
        **(_choice(session, agency, rules.chosen_of(one.chosen)) if is_draft else {}),
    )


def _choice(session: Session, agency: Agency, chosen: rules.Chosen) -> dict[str, Any]:
    missing, numbers = choosing.without_account(session, chosen)
    words = [
        (_("Category of a grade from us"), _(CATEGORY_WORDS[chosen.category]) if chosen.category else ""),
        (_("Grades"), " ".join(chosen.grades)),
        (_("Where the company is"), chosen.region),
        (_("What we have registered of it"), chosen.register),
    ]
    return {
        "count": choosing.count(session, agency, chosen),
        "sample": [(name, companies.show_number(key)) for name, key in choosing.sample(session, agency, chosen)],
        "missing": missing,
        "missing_numbers": [companies.show_number(number) for number in numbers],
        "conditions": [{"label": label, "value": value} for label, value in words if value],
    }


@room.page("/<uuid:sending_id>/change", access=WRITER, purpose=Purpose.SENDING)
def change_form(session: Session, actor: Actor, sending_id: UUID) -> str:
    """The draft, to change it."""
    one = sending.own(session, agency_of(session, actor).code, sending_id)
    return _editor(LetterForm.of(known_of(one)), one)


@room.page("/<uuid:sending_id>/change", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def change(session: Session, actor: Actor, sending_id: UUID) -> Any:
    """Keep the change."""
    agency, form = agency_of(session, actor), LetterForm.of()
    one, found = sending.own(session, agency.code, sending_id), _read(form)
    if found is None:
        return _editor(form, one), 422
    sending.change(session, agency.code, sending_id, version(), found[0], found[1].kept())
    return redirect(f"/staff/company-notices/{sending_id}", 303)


def version() -> int:
    """Of what this person saw."""
    number = request.values.get("version", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 8 else 0


@room.page("/<uuid:sending_id>/send", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def send(session: Session, actor: Actor, sending_id: UUID) -> Any:
    """Send it, or ask for a second pair of eyes."""
    agency = agency_of(session, actor)
    one = sending.own(session, agency.code, sending_id)
    chosen = choosing.companies_of(agency, rules.chosen_of(one.chosen))
    over = hall().settings.approval_over
    return _try(
        session, actor, sending_id,
        lambda: sending.go(session, actor, agency.code, sending_id, version(), chosen, over=over),
    )  # fmt: skip


CANNOT = (
    mailbox.desk_rules.StartImpossible, mailbox.desk_rules.SecondPersonNeeded, mailbox.desk_rules.ReasonMissing,
    mailbox.notice_rules.NobodyReached, mailbox.notice_rules.DueDatePassed,
)  # fmt: skip


def _try(session: Session, actor: Actor, sending_id: UUID, act: Any) -> Any:
    try:
        act()
    except CANNOT as refusal:
        session.expire_all()
        return page(session, actor, sending_id, refusal), refusal.status
    return redirect(f"/staff/company-notices/{sending_id}", 303)


@room.page(
    "/<uuid:sending_id>/approve", access=Access.staff(Permission.COMPANY_APPROVE), purpose=Purpose.SENDING, methods=("POST",)
)  # fmt: skip
def approve(session: Session, actor: Actor, sending_id: UUID) -> Any:
    """A second person agrees; it leaves."""
    code = agency_of(session, actor).code
    return _try(session, actor, sending_id, lambda: sending.approve(session, actor, code, sending_id, version()))


@room.page("/<uuid:sending_id>/take-back", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def take_back(session: Session, actor: Actor, sending_id: UUID) -> Redirect:
    """A draft again, before it left."""
    sending.take_back(session, agency_of(session, actor).code, sending_id, version())
    return redirect(f"/staff/company-notices/{sending_id}", 303)


@room.page("/<uuid:sending_id>/drop", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def drop(session: Session, actor: Actor, sending_id: UUID) -> Redirect:
    """A draft nobody wants."""
    sending.drop(session, agency_of(session, actor).code, sending_id)
    return redirect("/staff/company-notices", 303)


@room.page("/<uuid:sending_id>/withdraw", access=WRITER, purpose=Purpose.SENDING)
def withdraw_form(session: Session, actor: Actor, sending_id: UUID) -> str:
    """Why it is taken back from all mailboxes."""
    one = sending.own(session, agency_of(session, actor).code, sending_id)
    return render_template(
        "letters/withdraw.html", one=one, form=WordsForm.read().speak(_("Reason, for the companies to read"))
    )


@room.page("/<uuid:sending_id>/withdraw", access=WRITER, purpose=Purpose.SENDING, methods=("POST",))
def withdraw(session: Session, actor: Actor, sending_id: UUID) -> Any:
    """It stays on the lists with the reason, without its text."""
    agency = agency_of(session, actor)
    one, form = sending.own(session, agency.code, sending_id), WordsForm.read()
    form.speak(_("Reason, for the companies to read"))
    if not form.validate():
        return render_template("letters/withdraw.html", one=one, form=form), 422
    sending.withdraw(session, agency.code, sending_id, form.words.data or "")
    return redirect(f"/staff/company-notices/{sending_id}", 303)


# --- what became of it ----------------------------------------------------------------------------------------------


@room.page("/<uuid:sending_id>/receipts", access=WRITER, purpose=Purpose.SENDING)
def receipts(session: Session, actor: Actor, sending_id: UUID) -> str:
    """Which companies have it, read it, answered; with the person who did."""
    one = sending.own(session, agency_of(session, actor).code, sending_id)
    still_open, after = request.args.get("who") == "open", request.args.get("after", "")[:14]
    rows, next_page = sending.lines(session, one.id, still_open=still_open, after=after)
    looked(session, whose=None, what="business_deliveries", case_ref=str(one.id)[:8])
    options = dict(enumerate(option.get("ja", "") for option in one.choices.get("options", [])))
    standing = sending.standing(session, one.id)
    return render_template(
        "letters/receipts.html",
        one=one,
        standing=standing,
        rows=[(row, companies.show_number(row.key), options.get(row.choice, "")) for row in rows],
        answers=[(words, standing.by_choice.get(place, 0)) for place, words in options.items()],
        still_open=still_open,
        next_page=next_page,
        asks=one.kind != "information",
    )


@room.page("/<uuid:sending_id>/receipts.csv", access=WRITER, purpose=Purpose.SENDING)
def receipts_table(session: Session, actor: Actor, sending_id: UUID) -> Response:
    """All of them as a table."""
    one = sending.own(session, agency_of(session, actor).code, sending_id)
    looked(session, whose=None, what="business_deliveries", case_ref=str(one.id)[:8])
    options = dict(enumerate(option.get("ja", "") for option in one.choices.get("options", [])))
    return as_csv(HEADS, _rows(list(sending.everybody(session, one.id)), options))


def _rows(found: Sequence[Any], options: dict[int, str]) -> Iterator[Sequence[object]]:
    for row in found:
        yield (
            row.key, row.name, _when(row.delivered_at), _when(row.read_at), row.reader or "", _when(row.settled_at),
            row.settler or "", options.get(row.choice, ""), row.said or "",
        )  # fmt: skip


def _when(instant: Any) -> str:
    return f"{instant.astimezone(JST):%Y-%m-%d %H:%M}" if instant else ""
