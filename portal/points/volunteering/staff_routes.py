"""The city's pages of volunteering: hours that wait, objections, organisations and who acts for them."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.points import once
from portal.points import rules as point_rules
from portal.points.deeds import refused
from portal.points.ledger.rules import PotEmpty, SentBefore
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import APPROVER, KEEPER, title_of
from portal.points.programmes.rules import AnswerNeeded, NoTerms, Unit
from portal.points.volunteering import back_rules, hosting, hours, objections, rules, taking_back, touching
from portal.points.volunteering.forms import MOST_MINUTES, HostForm, KeeperForm, TerminalForm
from portal.points.volunteering.models import VolunteerKeeper
from portal.points.volunteering.rules import DOUBT_WORDS
from portal.residents import service as residents
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("volunteering_staff", __name__, "/staff/volunteering")


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show_all(session: Session, actor: Actor) -> str:
    """What waits for a decision, and the organisations."""
    return _page(session)


def _page(session: Session, refusal: Refusal | None = None, at: UUID | None = None) -> str:
    typed = {name: text.shown_again(request.form.get(name, ""), longest=300) for name in ("note", "minutes")}
    doubts, objected = hours.waiting(session), objections.waiting(session)
    return render_template(
        "volunteering/worklist.html",
        doubts=[_doubt(session, case) for case in doubts],
        objections=[{"case": case, "name": _name(session, case.place.resident_id)} for case in objected],
        clashes=[{"case": case, "name": _name(session, case.touch.resident_id)} for case in touching.waiting(session)],
        backs=[{"case": case, "name": _name(session, case.place.resident_id)} for case in taking_back.waiting(session)],
        alone=back_rules.ALONE,
        touches=touching.touches_of(session, [*(one.place for one in doubts), *(one.place for one in objected)]),
        hosts=hosting.hosts(session),
        hosts_waiting=hosting.hosts_waiting(session),
        refusal=refusal,
        at=at,
        typed=typed,
    )


def _doubt(session: Session, case: hours.Case) -> dict[str, Any]:
    kinds = [_(DOUBT_WORDS[kind]) for kind in case.kinds]
    return {"case": case, "name": _name(session, case.place.resident_id), "kinds": kinds}


def _name(session: Session, resident_id: UUID) -> str:
    return residents.look_up(session, resident_id).known_as


def _note() -> str:
    """What is told to the person. Raises AnswerNeeded."""
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None


DECIDED = (
    rules.Decided, rules.OwnHours, PotEmpty, NoTerms, AnswerNeeded, rules.HoursTooLong, back_rules.BackOver,
    back_rules.BackWaiting, back_rules.NothingPaid,
)  # fmt: skip


@room.page("/hours/<uuid:place_id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide_hours(session: Session, actor: Actor, place_id: UUID) -> Any:
    """The hours are right and are paid, or they do not count."""
    decide = hours.clear if pressed("clear", "confirm") == "clear" else hours.confirm
    if refusal := refused(session, lambda: decide(session, actor, place_id, _note()), DECIDED):
        return _page(session, refusal, place_id), refusal.status
    return redirect(url_for(".show_all"), 303)


@room.page("/objections/<uuid:place_id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide_objection(session: Session, actor: Actor, place_id: UUID) -> Any:
    """So many minutes count, or the hours stay as they are."""
    upholds = pressed("uphold", "refuse") == "uphold"

    def decide() -> None:
        if upholds:
            objections.uphold(session, actor, place_id, minutes=_minutes(), answer=_note())
        else:
            objections.refuse(session, actor, place_id, _note())

    if refusal := refused(session, decide, DECIDED):
        return _page(session, refusal, place_id), refusal.status
    return redirect(url_for(".show_all"), 303)


@room.page("/backs/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def decide_back(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person: the points are taken back, or stay."""
    why = (rules.Decided, back_rules.OwnBack, back_rules.NothingPaid, PotEmpty, NoTerms)
    yes = pressed("yes", "no") == "yes"
    if refusal := refused(session, lambda: taking_back.decide(session, actor, id, yes=yes), why):
        return _page(session, refusal, id), refusal.status
    return redirect(url_for(".show_all"), 303)


@room.page("/touches/<uuid:id>/seen", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def note_touch(session: Session, actor: Actor, id: UUID) -> Any:
    """A card that was read where its holder cannot have been was looked at."""
    try:
        touching.note_seen(session, actor, id)
    except rules.Decided as refusal:
        return _page(session, refusal, id), refusal.status
    return redirect(url_for(".show_all"), 303)


def _minutes() -> int:
    try:
        return text.whole_number(request.form.get("minutes", ""), least=0, most=MOST_MINUTES)
    except TextRefused:
        raise rules.HoursTooLong(most=MOST_MINUTES) from None


# ---- organisations ------------------------------------------------------------------------


def _host_form(session: Session) -> HostForm:
    form = HostForm.read()
    form.programme.choices = [
        (one.code, title_of(programmes.terms_of(session, one.code)[0]))
        for one in programmes.programmes(session)
        if one.unit in (Unit.ACT, Unit.HOUR)
    ]
    return form


@room.page("/hosts/new", access=KEEPER, purpose=Purpose.POINTS)
def new_host(session: Session, actor: Actor) -> str:
    """An organisation that is to publish activities."""
    return _new_host(_host_form(session))


@room.page("/hosts/new", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def register_host(session: Session, actor: Actor) -> Any:
    """Let it publish; who acts for it is named next."""
    form = _host_form(session)
    if not form.validate():
        return _new_host(form), 422
    try:
        made = once.once(session, actor, lambda: _registered(session, actor, form))
    except (rules.HostExists, SentBefore) as refusal:
        form.name.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _new_host(form), 422
    return redirect(url_for(".host", id=made), 303)


def _new_host(form: HostForm) -> str:
    return render_template("volunteering/new_host.html", form=form, key=once.fresh())


def _registered(session: Session, actor: Actor, form: HostForm) -> str:
    return str(hosting.register(session, actor, name=form.name.data or "", programme=form.programme.data).id)


@room.page("/hosts/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS)
def host(session: Session, actor: Actor, id: UUID) -> str:
    """An organisation: who acts for it, what it published."""
    return _host_page(session, actor, id)


def _host_page(
    session: Session, actor: Actor, id: UUID, form: KeeperForm | None = None, terminal: TerminalForm | None = None,
    refusal: Refusal | None = None,
) -> str:  # fmt: skip
    found = hosting.host(session, id)
    return render_template(
        "volunteering/host.html",
        host=found,
        programme=title_of(programmes.terms_of(session, found.programme)[0]),
        keepers=[_keeper(session, actor, row) for row in hosting.named(session, id)],
        activities=hosting.nearest_first(hosting.activities_of(session, id), clock.now()),
        terminals=hosting.terminals_of(session, id),
        form=form or KeeperForm.read(),
        terminal=terminal or TerminalForm.read(),
        refusal=refusal,
    )


def _keeper(session: Session, actor: Actor, row: VolunteerKeeper) -> dict[str, Any]:
    waits = row.named_by is not None and row.agreed_by is None
    return {
        "id": row.resident_id,
        "name": _name(session, row.resident_id),
        "waits": waits,
        "may_agree": waits and row.named_by != actor.id and actor.may(Permission.POINTS_APPROVE),
    }


@room.page("/hosts/<uuid:id>/keepers", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def name_keeper(session: Session, actor: Actor, id: UUID) -> Any:
    """Name a resident who is to act for the organisation."""
    form = KeeperForm.read()
    if not form.validate():
        return _host_page(session, actor, id, form), 422
    try:
        hosting.name_keeper(session, actor, id, form.number.data or "")
    except rules.KeeperUnknown as refusal:
        form.number.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _host_page(session, actor, id, form), 422
    return redirect(url_for(".host", id=id), 303)


@room.page("/hosts/<uuid:id>/keepers/<uuid:who>/agree", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def agree_keeper(session: Session, actor: Actor, id: UUID, who: UUID) -> Any:
    """The second person: they act for the organisation."""
    why = (point_rules.OwnNaming, point_rules.NamingDecided)
    if refusal := refused(session, lambda: hosting.agree_keeper(session, actor, id, who), why):
        return _host_page(session, actor, id, refusal=refusal), refusal.status
    return redirect(url_for(".host", id=id), 303)


@room.page("/hosts/<uuid:id>/keepers/<uuid:who>/dismiss", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def dismiss_keeper(session: Session, actor: Actor, id: UUID, who: UUID) -> Any:
    """They act for the organisation no longer."""
    hosting.dismiss_keeper(session, id, who)
    return redirect(url_for(".host", id=id), 303)


@room.page("/hosts/<uuid:id>/terminals", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def place_terminal(session: Session, actor: Actor, id: UUID) -> Any:
    """People put their cards on this machine at the organisation's activities."""
    form = TerminalForm.read()
    if not form.validate():
        return _host_page(session, actor, id, terminal=form), 422
    try:
        hosting.place_terminal(session, form.client.data or "", id)
    except rules.TerminalUnfit as refusal:
        form.client.errors = [f"{_(refusal.message)} {_(refusal.next_step)}"]
        return _host_page(session, actor, id, terminal=form), 422
    return redirect(url_for(".host", id=id), 303)


@room.page(
    "/hosts/<uuid:id>/terminals/<client>/remove", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",)
)  # fmt: skip
def remove_terminal(session: Session, actor: Actor, id: UUID, client: str) -> Any:
    """It is the organisation's no longer."""
    hosting.remove_terminal(session, client, id)
    return redirect(url_for(".host", id=id), 303)


@room.page("/hosts/<uuid:id>/open", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def set_open(session: Session, actor: Actor, id: UUID) -> Any:
    """Whether it may publish."""
    hosting.set_open(session, id, request.form.get("open") == "yes")
    return redirect(url_for(".host", id=id), 303)
