"""Pages for filling in several procedures together: choose, common facts, what only one of them asks, check, sent."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import cases, drafts, form_pages, rules, shown, view, ways
from portal.applications import service as applications
from portal.applications.guide import service, together
from portal.applications.guide import view as guide_view
from portal.applications.guide.models import LifeList
from portal.applications.guide.rules import ListNotFound, NothingChosen
from portal.applications.guide.together import Open
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import facts
from portal.applications.procedures.answers import Typed, with_town
from portal.applications.procedures.facts import Group
from portal.applications.procedures.words import Fault
from portal.applications.rules import State
from portal.core import clock
from portal.core.actor import Actor
from portal.web.access import Access
from portal.web.i18n import gettext, is_language_change
from portal.web.room import Room

room = Room("guide_together", __name__, "/guide/lists/<uuid:id>")

Answer = str | Redirect | tuple[str, int]


@room.page("/together", access=Access.RESIDENT)
def choose(session: Session, actor: Actor, id: UUID) -> Answer:
    """Which procedures of the list are prepared together."""
    return _choose_page(session, service.open_list(session, actor, id))


def _choose_page(session: Session, kept: LifeList, error: str | None = None) -> str:
    phases = guide_view.shown_lines(service.lines(session, kept), service.answers_of(kept))
    found = [line for _phase, _words, own in phases for line in own if line.can_start]
    begun = [line.step.name for line in found if line.case] or [line.step.name for line in found]
    return render_template(
        "guide/choose.html",
        held=kept,
        event=service.event_of(kept),
        options=[(line.step.name, line.title, line.due) for line in found],
        chosen=begun if error is None else [],
        error=error,
        errors=[("step", error)] if error else [],
    )


@room.page("/together", access=Access.RESIDENT, methods=("POST",))
def prepare(session: Session, actor: Actor, id: UUID) -> Answer:
    """Begin the chosen ones, filled with what is known."""
    try:
        kept = together.prepare(session, actor, id, request.form.getlist("step"))
    except NothingChosen as refused:
        return _choose_page(session, service.open_list(session, actor, id), gettext(refused.message)), 422
    return redirect(_next(kept, together.parts(session, kept)), 303)


@room.page("/facts/<group>", access=Access.RESIDENT)
def common(session: Session, actor: Actor, id: UUID, group: str) -> Answer:
    """Facts that go into every procedure that asks them."""
    kept = service.open_list(session, actor, id)
    return _facts_page(kept, together.parts(session, kept), _group(group), kept.typed, {})


@room.page("/facts/<group>", access=Access.RESIDENT, methods=("POST",))
def save_common(session: Session, actor: Actor, id: UUID, group: str) -> Answer:
    """Keep them, and go on."""
    asked = _group(group)
    typed = form_pages.typed_now()
    prefix = request.form.get("lookup", "")
    if prefix or is_language_change():
        kept = service.open_list(session, actor, id)
        return _facts_page(kept, together.parts(session, kept), asked, with_town(typed, prefix), {})
    read = together.save_facts(session, actor, id, asked.name, typed)
    kept = service.open_list(session, actor, id)
    found = together.parts(session, kept)
    if read.faults:
        page = _facts_page(kept, found, asked, typed, read.faults)
        return (page, 422) if isinstance(page, str) else page
    return redirect(_next(kept, found), 303)


@room.page("/forms/<uuid:application>/<section>", access=Access.RESIDENT)
def form(session: Session, actor: Actor, id: UUID, application: UUID, section: str) -> Answer:
    """What only one procedure asks."""
    kept = service.open_list(session, actor, id)
    case = together.find_case(session, kept, application)
    if drafts.find_section(case, section).takes_files:
        return redirect(url_for("applications_documents.show", id=application, section=section, list=id), 303)
    return _form_page(session, kept, case, section, case.typed)


@room.page("/forms/<uuid:application>/<section>", access=Access.RESIDENT, methods=("POST",))
def save_form(session: Session, actor: Actor, id: UUID, application: UUID, section: str) -> Answer:
    """Keep the page in its draft, and go on."""
    kept = service.open_list(session, actor, id)
    case = together.find_case(session, kept, application)
    sent = form_pages.sent_page()
    if is_language_change():
        applications.autosave(session, actor, application, section, sent)
        return redirect(url_for(".form", id=id, application=application, section=section), 303)
    if (helped := form_pages.helped(session, ways.resident(actor, application), section, sent.typed)) is not None:
        return _form_page(session, kept, case, section, helped)
    saved = applications.save_sent(session, actor, application, section, sent)
    if saved.read.faults:
        return _form_page(session, kept, case, section, sent.typed, saved.read.faults), 422
    session.flush()
    if saved.opened:  # without a script nobody saw these questions yet
        address = url_for(".form", id=id, application=application, section=section)
        return redirect(f"{address}#{reading.first_input(saved.opened[0])}", 303)
    return redirect(_next(kept, together.parts(session, kept)), 303)


@room.page("/check", access=Access.RESIDENT)
def check(session: Session, actor: Actor, id: UUID) -> Answer:
    """All answers of all procedures on one page, each with a way to change it."""
    kept = service.open_list(session, actor, id)
    found = together.parts(session, kept)
    if not found:
        return redirect(url_for(".sent" if service.linked(session, kept) else ".choose", id=id), 303)
    return render_template("guide/check.html", **_check_facts(kept, found))


@room.page("/send", access=Access.RESIDENT, methods=("POST",))
def send(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Send all of them or none; a second press leads to the same numbers."""
    together.send(session, actor, id)
    return redirect(url_for(".sent", id=id), 303)


@room.page("/sent", access=Access.RESIDENT)
def sent(session: Session, actor: Actor, id: UUID) -> Answer:
    """The numbers of what was sent together, what to bring, and one timeline of all."""
    kept = service.open_list(session, actor, id)
    ids = [case.id for case in service.linked(session, kept) if case.state != State.DRAFT]
    if not ids:
        return redirect(url_for("guide.show", id=id), 303)
    abouts = [applications.summary(session, one) for one in ids]
    return render_template(
        "guide/sent.html",
        held=kept,
        event=service.event_of(kept),
        abouts=abouts,
        signed={one: applications.signature_of(session, one) for one in ids},
        words=rules.STATE_WORDS,
        tones=rules.STATE_TONES,
        to_book=(to_book := [about for about in abouts if about.may_be_booked]),
        visit_address=_visit_address(to_book),
        papers=list(dict.fromkeys(text for about in to_book for text in about.bring)),
        events=_one_timeline(session, abouts),
    )


def _visit_address(to_book: list[applications.ApplicationSummary]) -> str:
    """Where one visit is reserved for all that was sent: a page of a room above, so an address and no import."""
    return "/reservations/new?" + "&".join(f"application={about.id}" for about in to_book)


def _one_timeline(session: Session, abouts: list[applications.ApplicationSummary]) -> list[dict[str, str]]:
    """What happened to all of them, oldest first; each line says to which."""
    found = [
        (entry.at, place, about, entry)
        for place, about in enumerate(abouts)
        for entry in applications.timeline(session, about.id)
    ]
    found.sort(key=lambda one: one[:2])
    lines = []
    for _at, _place, about, entry in found:
        (line,) = view.timeline_items([entry], State.COMPLETED)
        title = gettext(about.title)
        lines.append(line | {"note": f"{title} {line['note']}".strip()})
    return lines


def _group(name: str) -> Group:
    found = next((group for group in facts.shipped().groups if group.name == name), None)
    if found is None:
        raise ListNotFound
    return found


def _next(kept: LifeList, found: list[Application]) -> str:
    """The first page that still asks something, or the check of all answers."""
    rest = together.open_pages(kept, found)
    return _address(kept, rest[0]) if rest else url_for(".check", id=kept.id)


def _address(kept: LifeList, page: Open) -> str:
    if page.group:
        return url_for(".common", id=kept.id, group=page.group.name)
    assert page.case is not None
    assert page.section is not None
    return url_for(".form", id=kept.id, application=page.case.id, section=page.section.name)


def _facts_page(
    kept: LifeList, found: list[Application], group: Group, typed: Typed, faults: Mapping[str, Fault]
) -> str | Redirect:
    fields = together.fields_of(found, group.name)
    if not fields:
        return redirect(_next(kept, found), 303)
    names = {name for field in fields for name in reading.inputs_of(field)}
    own = {name: texts for name, texts in typed.items() if name in names}
    held = Application(answers=together.facts_now(kept, found), known=together.known_to(found), typed={})
    asked = together.asked_facts(found)
    takers = dict.fromkeys(case.procedure for field in fields for case, _field in asked[field.name])
    return render_template(
        "guide/facts.html",
        held=kept,
        group=group,
        fields=shown.show_fields(fields, held, own, faults),
        errors=shown.summary_of(faults, fields),
        spoken_takers=_titles([case for case in found if case.procedure in takers]),
        steps=_steps(kept, found, Open(group=group)),
    )


def _form_page(
    session: Session,
    kept: LifeList,
    case: Application,
    name: str,
    typed: Typed,
    faults: Mapping[str, Fault] | None = None,
) -> str:
    section, told = drafts.open_section(case, name)
    common = {field.name for field in section.fields if field.fact and field.fact in kept.facts}
    ours = [field.label for field in section.fields if field.name in common and case.answers.get(field.name)]
    return render_template(
        "guide/form.html",
        held=kept,
        case=case,
        procedure=cases.procedure_of(case),
        section=section,
        fields=shown.show_page(section, told, case, typed, faults or {}),
        facts=shown.facts_of(section, told),
        today=clock.today(),
        errors=shown.summary_of(faults or {}, section.fields),
        from_common=" / ".join(gettext(label) for label in ours),
        steps=_steps(kept, together.parts(session, kept), Open(case=case, section=section)),
    )


def _steps(kept: LifeList, found: list[Application], now: Open) -> list[tuple[str, str]]:
    """The step indicator: what all ask, then each procedure, then the check."""
    rest = together.open_pages(kept, found)
    items = [(gettext("For all of them"), _state(now.group is not None, any(page.group for page in rest)))]
    for case in found:
        title = cases.procedure_of(case).title
        waits = any(page.case is case for page in rest)
        items.append((gettext(title), _state(now.case is not None and now.case.id == case.id, waits)))
    return [*items, (gettext("Check your answers"), "next")]


def _state(is_now: bool, waits: bool) -> str:
    return "current" if is_now else "next" if waits else "done"


def _check_facts(kept: LifeList, found: list[Application]) -> dict[str, Any]:
    rest = together.open_pages(kept, found)
    return {
        "held": kept,
        "event": service.event_of(kept),
        "unfinished": [(_address(kept, page), _title(page)) for page in rest],
        "cases": [(case, cases.procedure_of(case), view.groups_of(case)) for case in found],
        "groups": [group for group in facts.shipped().groups if together.fields_of(found, group.name)],
    }


def _titles(found: list[Application]) -> str:
    return " / ".join(gettext(title) for title in (cases.procedure_of(case).title for case in found))


def _title(page: Open) -> str:
    if page.group:
        return gettext(page.group.title)
    words = page.section.title if page.section else ""
    procedure = cases.procedure_of(page.case).title if page.case else ""
    return f"{gettext(procedure)}: {gettext(words)}"
