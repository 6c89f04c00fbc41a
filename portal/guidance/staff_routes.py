"""Pages of sections: every rule with its figures, a dry run, the switch, what is missed, disasters declared."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import clock, small_numbers
from portal.core.actor import Actor
from portal.core.addresses import WARDS
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.guidance import catalogue, figures, finding, keeping, wording
from portal.guidance.figures import NOTHING
from portal.guidance.routes import leads_to
from portal.guidance.rules import SITUATION_WORDS, ReasonNeeded, WardUnknown
from portal.guidance.schema import Rule
from portal.guidance.vaccination import record_file, schedule
from portal.guidance.vaccination.record_file import RecordsUnreadable
from portal.guidance.vaccination.records import Report
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("guidance_staff", __name__, "/staff/guidance")

KEEPER = Access.staff(Permission.GUIDANCE_KEEP)
# Whoever declares a disaster tells a whole ward at once: it is for those who may tell everybody.
DECLARER = Access.staff(Permission.EMERGENCY_DECLARE)
Answer = str | Redirect | tuple[str, int]


@room.page("", access=KEEPER, purpose=Purpose.SENDING)
def rules(session: Session, actor: Actor) -> str:
    """Every rule: its state, how many were told, when it is to be looked at again."""
    counts, off = figures.of_rules(session), keeping.switches(session)
    rows = [_row(rule, counts.get(rule.name, NOTHING), rule.name in off) for rule in catalogue.rules().values()]
    return render_template(
        "guidance/rules.html", rows=rows, next_run=finding.next_run(), keeps_records=keeping.keeps_records(actor)
    )


def _row(rule: Rule, told: figures.Told, is_off: bool) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": _(rule.title),
        "situation": _(SITUATION_WORDS[rule.situation]),
        "owner": rule.owner,
        "is_off": is_off,
        "is_late": rule.review < clock.today(),
        "review": rule.review,
        "told": small_numbers.guarded(told.told),
        "waiting": small_numbers.guarded(told.found - told.told),
        "dismissed": small_numbers.guarded(told.dismissed),
    }


@room.page("/missed", access=KEEPER, purpose=Purpose.SENDING)
def missed(session: Session, actor: Actor) -> str:
    """Who fits and was told, and has not applied: counts by section, none of which tells of one person."""
    counts = figures.of_rules(session)
    rows = [
        (rule, counts[rule.name])
        for rule in sorted(catalogue.rules().values(), key=lambda one: one.owner)
        if rule.name in counts and counts[rule.name].applied is not None and counts[rule.name].told
    ]
    shown = [
        {
            "name": rule.name,
            "title": _(rule.title),
            "owner": rule.owner,
            "told": small_numbers.guarded(told.told),
            "applied": small_numbers.part(told.applied or 0, told.told),
            "missed": small_numbers.part(told.missed or 0, told.told),
        }
        for rule, told in rows
    ]
    return render_template("guidance/missed.html", rows=shown)


@room.page("/declarations", access=DECLARER, purpose=Purpose.SENDING)
def declarations(session: Session, actor: Actor) -> str:
    """Disasters declared for guidance, and the form for another one."""
    return _declarations(session)


def _declarations(session: Session, *, ward: str = "", note: str = "", errors: dict[str, str] | None = None) -> str:
    found = keeping.declarations(session)
    return render_template(
        "guidance/declarations.html",
        found=found,
        wards=[(one, one) for one in WARDS],
        ward=ward,
        note=note,
        errors=errors or {},
    )


@room.page("/declarations", access=DECLARER, purpose=Purpose.SENDING, methods=("POST",))
def declare(session: Session, actor: Actor) -> Answer:
    """Declare a disaster of today; people there are told within minutes."""
    ward, note = request.form.get("ward", ""), request.form.get("note", "")
    try:
        keeping.declare(session, actor, day=_today(), ward=ward, note=note)
    except ReasonNeeded as refusal:
        return _declarations(session, ward=ward, note=note, errors={"note": _(refusal.message)}), 422
    except WardUnknown as refusal:
        return _declarations(session, note=note, errors={"ward": _(refusal.message)}), 422
    return redirect(url_for(".declarations"), 303)


def _today() -> date:
    return clock.today()


@room.page("/declarations/<uuid:declared>/end", access=DECLARER, purpose=Purpose.SENDING, methods=("POST",))
def end(session: Session, actor: Actor, declared: UUID) -> Redirect:
    """It is over: nobody is told because of it any more."""
    keeping.end_declaration(session, declared)
    return redirect(url_for(".declarations"), 303)


@room.page("/vaccinations", access=KEEPER, purpose=Purpose.REGISTER)
def vaccinations(session: Session, actor: Actor) -> str:
    """Choose a file of vaccination records."""
    keeping.check_records(actor)
    return _records()


@room.page("/vaccinations", access=KEEPER, purpose=Purpose.REGISTER, methods=("POST",))
def take_vaccinations(session: Session, actor: Actor) -> Answer:
    """Take the file in: its good rows, and a list of the others by line and column."""
    keeping.check_records(actor)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _records(error=_("Choose a file.")), 422
    try:
        report = record_file.take_file(session, upload.read(), source=actor.label.rpartition(" ")[0])
    except RecordsUnreadable as refusal:
        return _records(error=f"{_(refusal.message)} {_(refusal.next_step)}"), 422
    return _records(report=report)


def _records(*, report: Report | None = None, error: str = "") -> str:
    vaccines = [(name, str(doses)) for name, doses in schedule.doses_of().items()]
    return render_template("guidance/records.html", report=report, error=error, vaccines=vaccines)


@room.page("/<name>", access=KEEPER, purpose=Purpose.SENDING)
def rule(session: Session, actor: Actor, name: str) -> str:
    """One rule: what it says, its law, its figures; with `?count=yes` whom it would tell today, by ward."""
    return _rule(session, actor, catalogue.find(name), count=request.args.get("count") == "yes")


def _rule(
    session: Session, actor: Actor, found: Rule, *, count: bool = False, reason: str = "", error: str = ""
) -> str:
    told = figures.of_rules(session, only=found.name).get(found.name, NOTHING)
    wards = figures.dry_run(session, found) if count else []
    address, words = leads_to(found)
    return render_template(
        "guidance/rule.html",
        rule=found,
        row=_row(found, told, False),
        switch=keeping.switches(session).get(found.name),
        is_own=keeping.is_own(actor, found),
        conditions=[text for text in (wording.occasion(found), *map(wording.condition, found.who)) if text],
        applied=None if told.applied is None else small_numbers.guarded(told.applied),
        wards=[(ward, small_numbers.guarded(number)) for ward, number in wards],
        total=small_numbers.total([people for _ward, people in wards]),
        href=address,
        words=words,
        next_run=finding.next_run(),
        reason=reason,
        error=error,
    )


@room.page("/<name>/off", access=KEEPER, purpose=Purpose.SENDING, methods=("POST",))
def switch_off(session: Session, actor: Actor, name: str) -> Answer:
    """Switch the rule off, with a reason that is kept."""
    keeping.check_own(actor, name)
    typed = request.form.get("reason", "")
    try:
        keeping.switch_off(session, actor, name, typed)
    except ReasonNeeded as refusal:
        return _rule(session, actor, catalogue.find(name), reason=typed, error=_(refusal.message)), 422
    return redirect(url_for(".rule", name=name), 303)


@room.page("/<name>/on", access=KEEPER, purpose=Purpose.SENDING, methods=("POST",))
def switch_on(session: Session, actor: Actor, name: str) -> Redirect:
    """Let the rule tell again from the next run on."""
    keeping.check_own(actor, name)
    keeping.switch_on(session, name)
    return redirect(url_for(".rule", name=name), 303)
