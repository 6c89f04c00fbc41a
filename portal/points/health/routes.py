"""The resident's page of walking: agree, send the file of one's phone, see what each day brought, take it all back."""

from typing import Any, BinaryIO, NamedTuple, cast

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.facts import service as facts
from portal.points.health import objections, reading, rules, service
from portal.points.health.reading import Found
from portal.points.health.rules import State
from portal.points.health.service import Brought
from portal.points.health.wording import said
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import gives, title_of
from portal.points.programmes.rules import Unit
from portal.web import throttle
from portal.web.access import Access
from portal.web.forms import CityForm, LongTextField
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Body, Room

room = Room("health", __name__, "/points/health")
MEGABYTES = 100
FILES_A_DAY = 10
REST_OF_FORM = 100_000
STATE_WORDS: dict[str, tuple[str, str]] = {
    State.HELD: (N_("The city looks at this day"), "warning"),
    State.REFUSED: (N_("Does not count"), "neutral"),
}
NO_FILE = N_("Choose a file.")


class Sent(NamedTuple):
    """What a file holds, or why it cannot be read."""

    found: Found | None = None
    refusal: Refusal | None = None


def _limit(_settings: Settings) -> int:
    return MEGABYTES * 1_000_000 + REST_OF_FORM


def _too_large(_settings: Settings) -> Refusal:
    return rules.UploadTooLarge(megabytes=MEGABYTES)


def _read() -> Sent:
    """The file of this request, read before the transaction begins, because it may be long. Nothing of it is kept here."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return Sent()
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=True) as session:
        if not service.agrees(session, g.actor.id):
            return Sent(refusal=rules.ConsentMissing())
        throttle.guard_day(session, "steps", str(g.actor.id), limit=FILES_A_DAY)
    today = clock.today()
    try:
        return Sent(reading.read(cast(BinaryIO, upload.stream), rules.first_day(today), today))
    except (rules.StepsUnreadable, rules.StepsTooMuch, rules.StepsBusy) as refusal:
        return Sent(refusal=refusal)


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """What walking brings, whether I agreed, my days."""
    return _page(session, actor)


def _page(
    session: Session, actor: Actor, *, found: Found | None = None, brought: Brought | None = None,
    refusal: Refusal | None = None, error: str = "",
) -> str:  # fmt: skip
    assert actor.id
    return render_template(
        "health/steps.html",
        agrees=service.agrees(session, actor.id),
        programme=_offered(session),
        days=[_day(one) for one in service.days_of(session, actor.id)],
        kept_days=rules.KEPT.days,
        claim=rules.CLAIM_DAYS,
        megabytes=MEGABYTES,
        brought=brought,
        bad_rows=found.bad_rows if found else 0,
        refused=[said(cell) for cell in found.refused] if found else [],
        refusal=refusal,
        error=error,
        may_object=objections.may_object(session, actor.id),
        objection=objections.newest(session, actor.id),
    )


def _offered(session: Session) -> dict[str, Any] | None:
    """The programme that pays for walking today."""
    code = service.walking_on(session, clock.today())
    terms = programmes.terms_on(session, code, clock.today()) if code else None
    if terms is None:
        return None
    return {
        "title": title_of(terms),
        "gives": gives(terms, Unit.STEPS),
        "per_day": terms.per_day,
        "until": terms.ends_on,
    }


def _day(one: service.Day) -> dict[str, Any]:
    words, tone = STATE_WORDS.get(one.row.state, ("", ""))
    return {"day": one.row.day, "steps": one.row.steps, "points": one.points, "note": one.row.note,
            "state": (_(words), tone) if words else None}  # fmt: skip


@room.page("", access=Access.RESIDENT, methods=("POST",), before=_read, body=Body(_limit, _too_large))
def bring(session: Session, actor: Actor, found: Sent) -> Any:
    """Take in the days of the file; what was there already stays as it is."""
    assert actor.id
    if found.refusal is not None:
        return _page(session, actor, refusal=found.refusal), found.refusal.status
    if found.found is None:
        return _page(session, actor, error=_(NO_FILE)), 422
    try:
        with session.begin_nested():
            brought = service.bring(session, hall().key(service.MARK), actor.id, found.found.days)
    except (rules.ConsentMissing, rules.WalkingOver, PotEmpty) as refusal:
        session.expire_all()
        return _page(session, actor, refusal=refusal), refusal.status
    return _page(session, actor, found=found.found, brought=brought)


class ObjectionForm(CityForm):
    """Why the days are right."""

    words = LongTextField(N_("What the city should know"), longest=500)

    @classmethod
    def of(cls) -> "ObjectionForm":
        form = cls.read()
        form.words.label.text = _(form.words.label.text)
        form.words.description = _("For example: two phones, a long walk, somebody you always walk with.")
        return form


@room.page("/object", access=Access.RESIDENT)
def objection(session: Session, actor: Actor) -> str:
    """Days that wait or were refused are right."""
    return render_template("health/object.html", form=ObjectionForm.of(), refusal=None)


@room.page("/object", access=Access.RESIDENT, methods=("POST",))
def object_to(session: Session, actor: Actor) -> Any:
    """The city's section looks at it and answers."""
    assert actor.id
    form = ObjectionForm.of()
    if not form.validate():
        return render_template("health/object.html", form=form, refusal=None), 422
    try:
        objections.object_to(session, actor.id, form.words.data or "")
    except rules.NothingToObject as refusal:
        return render_template("health/object.html", form=form, refusal=refusal), refusal.status
    return redirect(url_for(".show"), 303)


@room.page("/consent", access=Access.RESIDENT, methods=("POST",))
def agree(session: Session, actor: Actor) -> Any:
    """The city may keep my steps, until I take it back."""
    assert actor.id
    facts.give_consent(session, actor.id, rules.TOPIC)
    return redirect(url_for(".show"), 303)


@room.page("/consent/withdraw", access=Access.RESIDENT, methods=("POST",))
def withdraw(session: Session, actor: Actor) -> Any:
    """My steps are deleted at once."""
    assert actor.id
    facts.withdraw_consent(session, actor.id, rules.TOPIC)
    return redirect(url_for(".show"), 303)
