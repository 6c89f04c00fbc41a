"""The city's page of sheets: what was printed, how much of it is used, and a new one as a PDF."""

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, qr, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.press import press
from portal.core.text import TextRefused
from portal.core.wareki import japanese
from portal.core.words import N_
from portal.points import once
from portal.points.deeds import refused
from portal.points.ledger.rules import SentBefore
from portal.points.paper import rules, service
from portal.points.paper.models import PointSheet
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import KEEPER, title_of
from portal.points.programmes.rules import Unit
from portal.points.rules import GIVEN_ALONE
from portal.points.volunteering.forms import SpokenForm
from portal.web.forms import DayField
from portal.web.hall import hall
from portal.web.room import Room

room = Room("paper_sheets", __name__, "/staff/points-sheets")
LAYOUT = Path(__file__).parent / "layouts" / "sheet.typ"


class LastDayForm(SpokenForm):
    """Until when the codes are good."""

    last = DayField(N_("Last day to enter the codes"))


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Every sheet."""
    return _page(session, actor)


def _page(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    titles = {one.code: title_of(programmes.terms_of(session, one.code)[0]) for one in programmes.programmes(session)}
    return render_template(
        "paper/sheets.html",
        rows=[
            (one, used, titles[one.programme], service.worth(session, one.programme, one.codes))
            for one, used in service.sheets(session)
        ],
        programmes=[(one.code, titles[one.code]) for one in programmes.programmes(session) if one.unit == Unit.ACT],
        form=LastDayForm.read(),
        count=text.shown_again(request.form.get("count", "20"), longest=10),
        most=rules.MOST_CODES,
        key=once.fresh(),
        chosen=request.form.get("programme", ""),
        today=clock.today(),
        me=actor.id,
        alone=GIVEN_ALONE,
        refusal=refusal,
    )


@room.page("", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def make(session: Session, actor: Actor) -> Any:
    """A new sheet, and the page to print it from; the same form sent again leads to the same sheet."""
    form, key, sent = LastDayForm.read(), hall().key(service.KEY), once.sent()

    def deed() -> str:
        if not form.validate() or not form.last.data:
            raise rules.SheetUnclear(most=rules.MOST_CODES)
        programme, count = request.form.get("programme", "")[:30], _count()
        made = service.make(session, actor, key, programme=programme, count=count, last_day=form.last.data, sent=sent)
        return str(made[0].id)

    try:
        sheet, _used = service.sheet_of(session, UUID(once.once(session, actor, deed, sent)))
    except (rules.SheetUnclear, rules.SheetOver, SentBefore) as refusal:
        session.expire_all()
        return _page(session, actor, refusal), refusal.status
    title = title_of(programmes.terms_of(session, sheet.programme)[0])
    return render_template("paper/made.html", sheet=sheet, title=title, key=sent)


@room.page("/<uuid:id>/paper", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def paper(session: Session, actor: Actor, id: UUID) -> Any:
    """The sheet as a PDF, for whoever made it and has the key of its form; the codes stand nowhere else."""
    try:
        sheet, codes = service.again(session, actor, hall().key(service.KEY), id, once.sent())
    except rules.SheetOver as refusal:
        return _page(session, actor, refusal), refusal.status
    headers = {"Content-Disposition": f'attachment; filename="codes-{sheet.number}.pdf"'}
    return Response(_paper(session, sheet, codes), mimetype="application/pdf", headers=headers)


@room.page("/<uuid:id>/release", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def release(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person agrees: the codes count from now on."""
    if refusal := refused(session, lambda: service.release(session, actor, id), (rules.OwnSheet, rules.SheetOver)):
        return _page(session, actor, refusal), refusal.status
    return redirect(url_for(".show"), 303)


@room.page("/<uuid:id>/stop", access=KEEPER, purpose=Purpose.POINTS)
def ask_to_stop(session: Session, actor: Actor, id: UUID) -> Any:
    """What happens when the sheet's codes are made invalid, before it does."""
    try:
        sheet, used = service.sheet_of(session, id)
    except rules.SheetOver as refusal:
        return _page(session, actor, refusal), refusal.status
    title = title_of(programmes.terms_of(session, sheet.programme)[0])
    return render_template("paper/stop.html", sheet=sheet, title=title, left=sheet.codes - used, used=used)


@room.page("/<uuid:id>/stop", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def stop(session: Session, actor: Actor, id: UUID) -> Any:
    """The sheet was lost: its codes are not valid any more."""
    if refusal := refused(session, lambda: service.stop(session, id), (rules.SheetOver,)):
        return _page(session, actor, refusal), refusal.status
    return redirect(url_for(".show"), 303)


def _count() -> int:
    try:
        return text.whole_number(request.form.get("count", ""), least=1, most=rules.MOST_CODES)
    except TextRefused:
        raise rules.SheetUnclear(most=rules.MOST_CODES) from None


def _paper(session: Session, sheet: PointSheet, codes: list[str]) -> bytes:
    title, each = programmes.terms_of(session, sheet.programme)[0].title["ja"], service.each(session, sheet)
    shown = {
        "title": "市民ポイントのコード", "author": hall().settings.city_name, "keywords": [f"sheet:{sheet.id}"],
        "city": hall().settings.city_name, "programme": title, "number": sheet.number, "until": japanese(sheet.last_day),
        "worth": f"{each:,}ポイント" if each else "", "made": japanese(sheet.made_at.astimezone(clock.JST).date()),
        "codes": [[code, qr.on_paper(rules.address(hall().settings.base_url, code))] for code in codes],
        "page": f"{hall().settings.base_url}{rules.PAGE}".partition("://")[2],
    }  # fmt: skip
    return press().draw(LAYOUT, shown, sheet.made_at)
