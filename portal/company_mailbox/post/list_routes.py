"""Pages of lists: one company's mailbox or those of all somebody acts for, what is done with many notices, and labels."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.companies import service
from portal.companies.service import NoStanding
from portal.companies.service import PowerOf as Power
from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import course, rules
from portal.company_mailbox.post import service as post
from portal.company_mailbox.post.reading import Letter
from portal.company_mailbox.post.rules import SCOPE_WORDS, SHOW_WORDS, Scope, Tidying, read_place
from portal.core import clock
from portal.core.actor import Actor
from portal.core.text import shown_again
from portal.mailbox import service as mailbox
from portal.web.access import Access
from portal.web.forms import CityForm, TextField
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.way_back import way_back

room = Room("company_lists", __name__, "/business/mailbox")
limits = mailbox.keep_rules
LABELS = "/business/mailbox/labels"


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """What the company was told, the newest first."""
    now = service.standing(session, actor, Power.MAILBOX)
    mine = service.mailboxes(session, actor)
    return _list(session, [now], "/business/mailbox", firm=post.firm_of(mine), now=now, several=len(mine))


@room.page("/all", access=Access.BUSINESS)
def show_all(session: Session, actor: Actor) -> str:
    """The mailboxes of all the companies somebody acts for, as one."""
    mine = service.mailboxes(session, actor)
    if not mine:
        raise NoStanding
    company = request.args.get("company", type=UUID)
    chosen = [one for one in mine if company in (None, one.company_id)] or mine
    page = "/business/mailbox/all"
    return _list(session, chosen, page, firm=post.firm_of(mine), companies=mine, company=company)


def _asked(firm: UUID) -> tuple[dict[str, str], post.Asked]:
    """What the address, or the form of its page, asks for: as typed, and as it is understood."""
    typed = {name: shown_again(request.values.get(name, ""), longest=60).strip() for name in ("q", "sender")}
    show, label = (request.values.get(name, "") for name in ("show", "label"))
    return typed, post.asked_of(typed["q"], typed["sender"], show, label, firm=firm)


def _list(
    session: Session, standings: Sequence[Standing], page: str, *, firm: UUID, companies: Sequence[Standing] = (),
    company: UUID | None = None, **about: Any,
) -> str:  # fmt: skip
    typed, asked = _asked(firm)
    before = request.args.get("before", "")
    found = post.find(session, standings, asked, before=read_place(before, clock.JST))
    kept = {**typed, "show": str(asked.show), "label": str(asked.label or ""), "company": str(company or "")}
    kept = {name: value for name, value in kept.items() if value}
    names = {one.company_id: one.name for one in standings}
    labels = post.labels_of(session, firm)
    tags = post.labels_of_letters(session, firm, found.letters) if labels else {}
    return render_template(
        "post/list.html",
        lines=[_line(one, names[one.company_id], tags, across=bool(companies)) for one in found.letters],
        found=found,
        asked=asked,
        typed=typed["q"],
        shows=[(str(show), _(words)) for show, words in SHOW_WORDS.items()],
        scopes=[(str(scope), _(words)) for scope, words in SCOPE_WORDS.items()],
        most=rules.MOST_MATCHING,
        labels=labels,
        has_firm=firm != post.NO_FIRM,
        label_choices=[("", _("Any")), *((str(one.number), one.name) for one in labels)],
        page=page,
        here=f"{page}?{urlencode(kept)}",
        again={**kept, "company": str(company or ("" if companies else standings[0].company_id)), "before": before},
        unread=service.unread(session, standings),
        counted=service.COUNTED,
        companies=[("", _("All companies")), *_sorted(companies)],
        company=company,
        count=len(companies),
        done=request.args.get("done", type=int),
        more=bool(request.args.get("more")),
        **about,
    )


def _sorted(companies: Sequence[Standing]) -> list[tuple[str, str]]:
    """To choose among: one's own firm, then the others by name."""
    rest = sorted(companies[1:], key=lambda one: (one.name, one.key))
    return [(str(one.company_id), one.name) for one in (*companies[:1], *rest)]


def _line(one: Letter, company: str, tags: Any, *, across: bool) -> dict[str, Any]:
    path = f"/business/mailbox/{one.id}"
    return {
        "letter": one,
        "title": _(one.title, **one.facts),
        "href": f"{path}?for={one.company_id}" if across else path,
        "pick": f"{one.company_id}.{one.id}",
        "company": company if across else "",
        "state": course.state_of(one),
        "topic": course.topic_of(one),
        "labels": tags.get((one.company_id, one.id), ()),
    }


@room.page("/tidy", access=Access.BUSINESS, methods=("POST",))
def tidy(session: Session, actor: Actor) -> Any:
    """Mark as read, put away, put back or label what was chosen, what the page showed, or all that was searched for: to
    mark all as read, which the senders see and nobody takes back, is asked once."""
    what, _colon, label = request.form.get("act", "").partition(":")
    scope = request.form.get("scope", str(Scope.CHOSEN))
    if what not in set(Tidying) or scope not in set(Scope):
        raise limits.TidyingUnknown
    mine, more = service.mailboxes(session, actor), False
    act = post.Act(Tidying(what), post.firm_of(mine), limits.label_number(label))
    if scope == Scope.ALL:
        company = request.form.get("company", type=UUID)
        chosen = [one for one in mine if company in (None, one.company_id)]
        typed, asked = _asked(act.firm)
        before = read_place(request.form.get("before", ""), clock.JST)
        if act.what is Tidying.READ and request.form.get("sure") != "yes":
            found, more = post.all_found(session, chosen, asked, before=before)
            if unread := [one for one in found if not one.read_at]:
                return _ask_read(unread, typed, more=more)
        done, more = post.tidy_all(session, chosen, actor, asked, act, before=before)
    else:
        done = post.tidy(session, mine, actor, _chosen("n" if scope == Scope.CHOSEN else "shown"), act)
    page = way_back("/business/mailbox")
    return redirect(f"{page}{'&' if '?' in page else '?'}done={done}{'&more=1' if more else ''}", 303)


def _ask_read(unread: Sequence[Letter], typed: dict[str, str], *, more: bool) -> str:
    names = ("show", "label", "company", "before", "next")
    again = {**typed, **{name: shown_again(request.form.get(name, ""), longest=500) for name in names}}
    return render_template(
        "confirm.html",
        base="base.html",
        question=_("Mark all of these as read?"),
        words=_("Mark as read"),
        consequence=_("The senders see that they were read. It cannot be taken back."),
        more=_("There may be more: press again to go on.") if more else "",
        facts=[
            {"label": _("Unread notices"), "value": str(len(unread))},
            {"label": _("Companies"), "value": str(len({one.company_id for one in unread}))},
        ],
        fields=[*again.items(), ("act", "read"), ("scope", str(Scope.ALL)), ("sure", "yes")],
        action="/business/mailbox/tidy",
        back=way_back("/business/mailbox"),
    )


def _chosen(name: str) -> list[tuple[UUID, UUID]]:
    found = []
    for typed in request.form.getlist(name)[: rules.MOST_AT_ONCE]:
        company, _dot, notice = typed.partition(".")
        try:
            found.append((UUID(company), UUID(notice)))
        except ValueError:
            raise limits.TidyingUnknown from None
    if not found:
        raise limits.TidyingUnknown
    return found


# --- labels ---------------------------------------------------------------------------------------------------------


class LabelForm(CityForm):
    """The name of a label."""

    name = TextField(longest=limits.LONGEST_LABEL)

    def label(self) -> "LabelForm":
        self.name.label.text = _("New label")
        self.name.description = _("Up to %(count)s characters.", count=limits.LONGEST_LABEL)
        return self


def _firm(session: Session, actor: Actor) -> UUID:
    return post.firm_of(service.mailboxes(session, actor))


@room.page("/labels", access=Access.BUSINESS)
def labels(session: Session, actor: Actor) -> str:
    """The labels of one's own firm."""
    return _labels(session, actor, LabelForm.read())


def _labels(session: Session, actor: Actor, form: LabelForm) -> str:
    return render_template(
        "keeping/labels.html",
        form=form.label(),
        labels=post.labels_of(session, _firm(session, actor)),
        most=limits.MOST_LABELS,
        page=LABELS,
        found="/business/mailbox/all",
        back=_("All companies I act for"),
        lead=_("Words of your firm for notices of all companies you act for. Only people of your firm see them."),
    )


@room.page("/labels", access=Access.BUSINESS, methods=("POST",))
def add_label(session: Session, actor: Actor) -> Any:
    """A new label."""
    form = LabelForm.read()
    if not form.validate():
        return _labels(session, actor, form), 422
    try:
        post.add_label(session, _firm(session, actor), form.name.data)
    except (limits.LabelTaken, limits.LabelsFull) as refusal:
        form.name.errors = [course.said(refusal)]
        return _labels(session, actor, form), 422
    return redirect(LABELS, 303)


@room.page("/labels/<int:number>/remove", access=Access.BUSINESS, methods=("POST",))
def remove_label(session: Session, actor: Actor, number: int) -> Redirect:
    """The label goes, the notices stay."""
    post.remove_label(session, _firm(session, actor), number)
    return redirect(LABELS, 303)
