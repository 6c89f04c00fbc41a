"""Pages that keep a mailbox in order: find and tidy, labels, and the notices of one's children."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.mailbox import lines, listing
from portal.mailbox.keeping import rules, service
from portal.mailbox.keeping.rules import SHOW_WORDS, Order, Show, Tidying
from portal.mailbox.mandates import service as mandates
from portal.mailbox.opening import Reader
from portal.web.access import Access
from portal.web.forms import CityForm, TextField
from portal.web.i18n import gettext, language
from portal.web.room import Room
from portal.web.templating import macro
from portal.web.way_back import way_back

room = Room("keeping", __name__, "/mailbox")


class LabelForm(CityForm):
    """The name of a label."""

    name = TextField(longest=rules.LONGEST_LABEL)

    def label(self) -> "LabelForm":
        self.name.label.text = gettext("New label")
        self.name.description = gettext("Up to %(count)s characters.", count=rules.LONGEST_LABEL)
        return self


def _asked() -> tuple[service.Asked, str]:
    """What the address asks for; what it does not know is left out. And the words as typed."""
    typed = request.args.get("q", "")[: rules.LONGEST_QUERY].replace("\x00", "")
    show, order, label = (request.args.get(name, "") for name in ("show", "order", "label"))
    asked = service.Asked(
        terms=tuple(rules.terms(typed)),
        show=Show(show) if show in set(Show) else Show.ALL,
        label=rules.label_number(label),
        order=Order(order) if order in set(Order) else Order.NEWEST,
    )
    return asked, typed.strip()


@room.page("/find", access=Access.RESIDENT)
def find(session: Session, actor: Actor) -> str:
    """Search, filter, sort, and take care of several notices at once."""
    reader, (asked, typed), code = Reader.of(actor), _asked(), language()
    found = service.find(
        session, reader.owner, asked, language=code, assurance=actor.assurance, before=lines.before_number()
    )
    kept = {"q": typed, "show": str(asked.show), "order": str(asked.order), "label": str(asked.label or "")}
    page = "/mailbox/find?" + urlencode({name: value for name, value in kept.items() if value})
    picks = [lines.pick(macro("mailbox/pick.html", "pick"), item, code, actor.assurance) for item in found.items]
    mine = service.labels(session, reader.owner)
    return render_template(
        "keeping/find.html",
        picks=Markup("".join(picks)),  # noqa: S704 - each is made by a macro
        found=found,
        asked=asked,
        typed=typed,
        shows=[(str(show), gettext(words)) for show, words in SHOW_WORDS.items()],
        labels=mine,
        label_choices=[(str(label.number), label.name) for label in mine],
        page=page,
        done=request.args.get("done", type=int),
        most=rules.SORTED,
        window=listing.WINDOW,
    )


@room.page("/tidy", access=Access.RESIDENT, methods=("POST",))
def tidy(session: Session, actor: Actor) -> Any:
    """Mark as read, put away, put back or label what was chosen."""
    act, _, label = request.form.get("act", "").partition(":")
    if act not in set(Tidying):
        raise rules.TidyingUnknown
    done = service.tidy(session, Reader.of(actor), _chosen(), Tidying(act), label=rules.label_number(label))
    page = way_back("/mailbox/find")
    if page.startswith("/mailbox/find"):
        page += f"{'&' if '?' in page else '?'}done={done}"
    return redirect(page, 303)


def _chosen() -> list[UUID]:
    found = []
    for typed in request.form.getlist("n"):
        try:
            found.append(UUID(typed))
        except ValueError:
            raise rules.TidyingUnknown from None
    if not found:
        raise rules.TidyingUnknown
    return found


@room.page("/labels", access=Access.RESIDENT)
def labels(session: Session, actor: Actor) -> str:
    """My labels."""
    return _labels(session, actor, LabelForm.read())


def _labels(session: Session, actor: Actor, form: LabelForm) -> str:
    assert actor.id
    return render_template(
        "keeping/labels.html",
        form=form.label(),
        labels=service.labels(session, actor.id),
        most=rules.MOST_LABELS,
        page="/mailbox/labels",
        found="/mailbox/find",
        back=gettext("Find and tidy"),
        lead=gettext("Words of your own for notices. Nobody else sees them."),
    )


@room.page("/labels", access=Access.RESIDENT, methods=("POST",))
def add_label(session: Session, actor: Actor) -> Any:
    """A new label."""
    assert actor.id
    form = LabelForm.read()
    if not form.validate():
        return _labels(session, actor, form), 422
    try:
        service.add_label(session, actor.id, form.name.data)
    except (rules.LabelTaken, rules.LabelsFull) as refusal:
        said = gettext(refusal.message, **refusal.facts) + " " + gettext(refusal.next_step, **refusal.facts)
        form.name.errors = [said]
        return _labels(session, actor, form), 422
    return redirect("/mailbox/labels", 303)


@room.page("/labels/<int:number>/remove", access=Access.RESIDENT, methods=("POST",))
def remove_label(session: Session, actor: Actor, number: int) -> Any:
    """The label goes, the notices stay."""
    assert actor.id
    service.remove_label(session, actor.id, number)
    return redirect("/mailbox/labels", 303)


@room.page("/family", access=Access.RESIDENT)
def family(session: Session, actor: Actor) -> str:
    """The notices of the children I am guardian of, and of adults who let me read theirs."""
    code, today = language(), clock.today()
    line = macro("mailbox/line.html", "line")
    shown = [
        (child, Markup("".join(lines.for_another(line, item, code, child.id, today) for item in child.items)))  # noqa: S704
        for child in service.of_family(session, actor, language=code)
    ]
    reader = Reader.of(actor)
    adults = []
    for mandate in mandates.held_by(session, reader.owner):
        items = mandates.newest(session, reader, mandate, language=code)
        drawn = [lines.for_another(line, item, code, mandate.owner_id, today, reader.assurance) for item in items]
        adults.append((mandate, Markup("".join(drawn))))  # noqa: S704
    return render_template("keeping/family.html", children=shown, adults=adults)
