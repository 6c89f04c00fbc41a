"""Pages about what readers get and what came of it: preview, figures, receipts, files."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.mailbox import service as mailbox
from portal.mailbox.channels import wording
from portal.mailbox.channels.rules import CHANNEL_WORDS, SENDER_REASON_WORDS, Says
from portal.mailbox.channels.rules import STATE_WORDS as TOLD_WORDS
from portal.mailbox.channels.service import Counted
from portal.mailbox.composing import drafts, exports, figures, people, placeholders, trying, view
from portal.mailbox.composing.drafts import TEXTS
from portal.mailbox.composing.figures import Figures, Part, Point
from portal.mailbox.composing.forms import language_name
from portal.mailbox.composing.routes import wanted_of
from portal.mailbox.models import Notice
from portal.mailbox.rules import KIND_WORDS, OVERDUE_WORDS, SETTLED_WORDS, STATE_WORDS, Kind
from portal.residents import service as residents
from portal.segments import service as segments
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, show_brief, show_date
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("composing_figures", __name__, "/staff/notices")
SENDER = Access.staff(Permission.NOTICE_WRITE)
WIDTH, HEIGHT = 640, 200
# The file has all of them.
LEFT_OUT_SHOWN = 100
TESTS = 10  # a quarter of an hour
BAND_WORDS = {"0-17": "0–17", "18-39": "18–39", "40-64": "40–64", "65-74": "65–74", "75-": "75–"}


@room.page("/<uuid:notice_id>/preview", access=SENDER, purpose=Purpose.SENDING)
def preview(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Exactly as it arrives on a phone: for somebody invented, or for three readers drawn now (each look is on record).
    Whom conditions choose is named to nobody before somebody has agreed to the sending."""
    notice = drafts.open_notice(session, actor, notice_id)
    code = request.args.get("language", "ja")
    code = code if code in TEXTS else "ja"
    may_draw = people.may_be_drawn(notice)
    real = may_draw and request.args.get("whom") == "readers"
    _title, _body, spoken = view.said(notice, code)
    return render_template(
        "composing/preview.html",
        notice=notice,
        name=view.title_of(notice),
        in_languages=view.languages(notice),
        code=code,
        spoken=language_name(spoken),
        missing=spoken != code,
        real=real,
        may_draw=may_draw,
        sheets=_sheets(session, notice, code, real=real),
        text_language=view.lang(spoken),
        kind=gettext(KIND_WORDS[Kind(notice.kind)]),
        answers=view.answers(notice, code),
        procedure=view.procedure(notice),
        **_outside("ja" if code == "easy" else code),
        own_address=trying.own_address(session, hall().settings, actor),
        tried="tried" in request.args,
    )


def _sheets(session: Session, notice: Notice, code: str, *, real: bool) -> list[dict[str, Any]]:
    """As each of some readers gets it."""
    title, body, _spoken = view.said(notice, code)
    wanted = placeholders.of_texts(notice.texts)
    readers = _readers(session, notice, wanted) if real else _invented(notice, wanted)
    return [{"who": who, "title": title, "paragraphs": _filled(body, fills)} for who, fills in readers]


def _outside(language: str) -> dict[str, str]:
    """What is told of it outside the mailbox."""
    says = [(Says.LETTER, "")]
    return {
        "push_title": wording.title(language, says),
        "push_body": wording.push_body(language, says),
        "mail": wording.mail_text(language, says, link=f"{hall().settings.base_url}/mailbox"),
    }


@room.page("/<uuid:notice_id>/test-send", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def test_send(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """By real mail to the clerk's own address, in the language that is looked at."""
    notice = drafts.open_notice(session, actor, notice_id)
    throttle.guard(session, "test-send", str(actor.id), limit=TESTS)
    code = request.form.get("language", "ja")
    code = code if code in TEXTS else "ja"
    trying.test_send(session, hall().settings, actor, notice, code)
    return redirect(url_for(".preview", notice_id=notice_id, language=code, tried=1), 303)


def _filled(body: str, fills: dict[str, str]) -> list[list[tuple[str, bool]]]:
    return view.paragraphs(placeholders.fill(body, fills))


def _invented(notice: Notice, wanted: list[str]) -> list[tuple[str, dict[str, str]]]:
    fills = {name: placeholders.INVENTED.get(name, gettext("(%(name)s of the list)", name=name)) for name in wanted}
    return [(gettext("Somebody invented"), fills)]


def _readers(session: Session, notice: Notice, wanted: list[str]) -> list[tuple[str, dict[str, str]]]:
    found = []
    for resident_id in people.some(session, notice):
        person = residents.look_up(session, resident_id, case_ref=str(notice.id)[:8])
        found.append((person.known_as, people.fills_of(session, notice, resident_id, wanted)))
    return found


@room.page("/<uuid:notice_id>/figures", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, notice_id: UUID) -> str:
    """What came of it: curves, parts, ways, postage."""
    notice = drafts.open_notice(session, actor, notice_id)
    found = figures.of(session, notice)
    return render_template(
        "composing/figures.html",
        notice=notice,
        title=view.title_of(notice),
        found=found,
        done=_done(notice, found),
        choices=_by_choice(notice, found),
        picture=_picture(notice, found.points),
        points=[
            (show_brief(point.at), f"{point.delivered:,}", f"{point.read:,}", _share(point)) for point in found.points
        ],
        wards=[_row(part, part.label) for part in found.wards],
        ages=[_row(part, BAND_WORDS[part.label]) for part in found.ages],
        alternatives=[_alternative(part) for part in found.alternatives],
        told=[_told(one) for one in found.told],
        saved=max(0, found.delivered - found.on_paper) * hall().settings.letter_yen,
        letter=hall().settings.letter_yen,
    )


def _by_choice(notice: Notice, found: Figures) -> list[tuple[str, int, str]]:
    """How many answered with which words."""
    numbers = [(words, found.by_choice.get(place, 0)) for place, words in enumerate(view.answers(notice, "ja"))]
    return [(words, number, f"{number:,}") for words, number in numbers]


def _told(one: Counted) -> tuple[str, str, str, str]:
    """Way, what became of it, why, how many."""
    why = gettext(SENDER_REASON_WORDS[one.reason]) if one.reason else ""
    return gettext(CHANNEL_WORDS[one.channel]), gettext(TOLD_WORDS[one.state]), why, f"{one.number:,}"


def _done(notice: Notice, found: Figures) -> list[dict[str, str]]:
    """What was asked for and done, in words; nothing for what only informs."""
    kind = Kind(notice.kind)
    if kind is Kind.INFORMATION:
        return []
    lines = [{"label": gettext(SETTLED_WORDS[kind]), "value": f"{found.settled:,}"}]
    if found.overdue:
        lines.append({"label": gettext(OVERDUE_WORDS), "value": f"{found.overdue:,}"})
    return lines


def _share(point: Point) -> str:
    return f"{100 * point.read / point.delivered:.0f} %" if point.delivered else "–"


def _row(part: Part, label: str) -> tuple[str, str, str, str]:
    return (label, *_numbers(part.delivered, part.read))


def _alternative(part: segments.Divided) -> tuple[str, str, str, str]:
    """One of the conditions that chose, with about how many came by it."""
    label = (
        segments.words_of(part.condition, gettext, show_date) if part.condition else gettext("None of these any more")
    )
    return (label, *_numbers(part.people.shown, part.marked.shown))


def _numbers(delivered: int | None, read: int | None) -> tuple[str, str, str]:
    """How many got it, about how many of them read it, and the share; few are not shown."""
    few = gettext("not shown (few people)")
    if delivered is None:
        return few, "–", "–"
    if read is None:
        return f"{delivered:,}", few, "–"
    return f"{delivered:,}", f"{read:,}", f"{100 * read / delivered:.0f} %"


def _picture(notice: Notice, points: list[Point]) -> dict[str, Any]:
    """The two curves as SVG paths; hours are drawn closer together the later they are, since most is read at first."""
    if notice.sent_at is None or len(points) < 2:
        return {}
    most = max(points[-1].delivered, 1)
    ends = _place(points[-1].at, notice.sent_at)

    def path(values: list[int]) -> str:
        spots = [
            f"{WIDTH * _place(point.at, notice.sent_at) / ends:.1f},{HEIGHT - HEIGHT * value / most:.1f}"
            for point, value in zip(points, values, strict=True)
        ]
        return "M" + " L".join(spots)

    return {
        "width": WIDTH,
        "height": HEIGHT,
        "delivered": path([point.delivered for point in points]),
        "read": path([point.read for point in points]),
        "most": f"{most:,}",
        "begins": show_brief(points[0].at),
        "ends": show_brief(points[-1].at),
    }


def _place(at: datetime, since: datetime | None) -> float:
    hours = (at - since).total_seconds() / 3600 if since else 0
    return max(hours, 0.01) ** 0.5


@room.page("/<uuid:notice_id>/receipts", access=SENDER, purpose=Purpose.SENDING)
def receipts(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Who has read it, and when; each name opened here is on that person's record."""
    notice = drafts.open_notice(session, actor, notice_id)
    page = page_number()
    found, more = mailbox.receipts(session, notice, page=page)
    rows = [
        (residents.look_up(session, receipt.resident_id, case_ref=str(notice.id)[:8]), receipt) for receipt in found
    ]
    left_out = exports.not_reached(session, notice) if page == 1 else []
    return render_template(
        "composing/receipts.html",
        notice=notice,
        title=view.title_of(notice),
        rows=rows,
        page=page,
        more=more,
        left_out=left_out[:LEFT_OUT_SHOWN],
        left_out_more=len(left_out) > LEFT_OUT_SHOWN,
    )


@room.page("/<uuid:notice_id>/receipts.csv", access=SENDER, purpose=Purpose.SENDING)
def receipts_csv(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """The same as a file, by addressee number."""
    notice = drafts.open_notice(session, actor, notice_id)
    heads = [gettext("Addressee number"), gettext("Delivered"), gettext("Read")]
    return _file(exports.readers(session, notice, heads), f"notice-{str(notice.id)[:8]}.csv")


@room.page("/list.csv", access=SENDER, purpose=Purpose.SENDING)
def list_csv(session: Session, actor: Actor) -> Response:
    """The list as it is filtered, as a file."""
    lines = (
        figures.listed(session, actor.section, replace(wanted_of(), page=1, size=figures.MOST_LISTED))[0]
        if actor.section
        else []
    )
    states = {str(state): gettext(label) for state, label in STATE_WORDS.items()}
    heads = ("Title", "State", "Sent", "Due", "Delivered", "Read")
    return _file(exports.notices(session, lines, states, [gettext(head) for head in heads]), "notices.csv")


def _file(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
