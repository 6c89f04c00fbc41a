"""The course of a notice in one mailbox, from sending to what was done with it: one line a step, for its reader, for the
section, and for the file that is saved. Needs a page's language, so no service imports it."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.mailbox import listing, service
from portal.mailbox.answering import rules as answering_rules
from portal.mailbox.answering import service as answering
from portal.mailbox.channels.rules import CHANNEL_WORDS, REASON_WORDS
from portal.mailbox.channels.rules import STATE_WORDS as TOLD_WORDS
from portal.mailbox.channels.rules import State as Told
from portal.mailbox.models import Act, Delivery, Notice
from portal.mailbox.rules import DEED_WORDS, WITHDRAWN, WITHDRAWN_WORDS, Deed, Kind
from portal.web.i18n import gettext, language, show_date, show_datetime

TOLD_SIGNS = {Told.QUEUED: "current", Told.SENT: "done", Told.FAILED: "error", Told.SKIPPED: "next"}
Step = tuple[datetime, dict[str, str]]
NameOf = Callable[[UUID], str]


def steps(session: Session, notice: Notice, delivery: Delivery, name_of: NameOf) -> list[dict[str, str]]:
    """All steps in the order they happened (the shape of the timeline component); *name_of* says who acted, where that
    was not the mailbox's owner."""
    owner, number = delivery.resident_id, notice.number
    acts = answering.acts_of(session, owner, number)
    found = [_step(delivery.delivered_at, gettext("Mailbox: delivered"))]
    found += [_told(line) for line in service.told(session, owner, number)]
    if delivery.read_at and not any(act.what == Deed.READ and act.at <= delivery.read_at for act in acts):
        found.append(_step(delivery.read_at, gettext(DEED_WORDS[Deed.READ])))
    found += [_act(notice, act, owner, name_of) for act in acts]
    found += _due(notice, service.dealing(session, owner, number))
    if notice.state == WITHDRAWN:
        at = service.withdrawn_at(session, notice, owner)
        when = show_datetime(at) if at else ""
        found.append((at or clock.now(), {"title": gettext(WITHDRAWN_WORDS), "when": when, "state": "error"}))
    return [step for _, step in sorted(found, key=lambda one: one[0])]


def _step(at: datetime, title: str, *, state: str = "done", note: str = "") -> Step:
    return at, {"title": title, "when": show_datetime(at), "note": note, "state": state}


def _told(line: Any) -> Step:
    title = f"{gettext(CHANNEL_WORDS[line.channel])}: {gettext(TOLD_WORDS[line.state])}"
    note = gettext(REASON_WORDS[line.reason]) if line.reason else ""
    return _step(line.at, title, state=TOLD_SIGNS[line.state], note=note)


def _act(notice: Notice, act: Act, owner: UUID, name_of: NameOf) -> Step:
    facts = {"choice": gettext("Not kept any more"), "name": ""} | act.facts
    options = notice.choices.get("options", [])
    if isinstance(place := act.facts.get("choice"), int) and place < len(options):
        facts["choice"] = answering_rules.spoken(options[place], listing.languages_for(language()))
    by = name_of(act.actor_id) if act.actor_id and act.actor_id != owner else ""
    note = gettext("by %(name)s", name=by) if by else ""
    return _step(act.at, gettext(DEED_WORDS[Deed(act.what)], **facts), note=note)


def _due(notice: Notice, dealing: Any) -> list[Step]:
    """The day until which it was to be done: still to come, kept, or missed."""
    if notice.due_on is None or Kind(notice.kind) is Kind.INFORMATION or (dealing and dealing.settled_at):
        return []
    end = datetime.combine(notice.due_on, time(23, 59, 59), JST)
    is_over = clock.today() > notice.due_on
    title = gettext("Due date passed") if is_over else gettext("Due date")
    return [
        (end, {"title": title, "when": show_date(notice.due_on), "note": "", "state": "error" if is_over else "next"})
    ]
