"""The pages where a company says who reads its confidential notices: about what, and until when."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect
from wtforms import SelectMultipleField

from portal.companies import service
from portal.companies.service import PowerOf as Power
from portal.companies.service import TopicOf as Topic
from portal.core import clock
from portal.core.actor import Actor
from portal.core.words import N_
from portal.web.access import Access
from portal.web.forms import CityForm, DayField, Needed
from portal.web.i18n import gettext as _
from portal.web.i18n import show_list
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("company_grants", __name__, "/business/mailbox/grants")


class GrantForm(CityForm):
    """About what, and until when."""

    topics = SelectMultipleField(N_("What they may read"), [Needed()], render_kw={"component": "checkboxes"})
    ends_on = DayField(
        N_("Last day"), needed=False, description=N_("Empty: until you take it back. At most three years from today.")
    )

    def speak(self) -> "GrantForm":
        for field in self:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""
        self.topics.choices = [(str(topic), _(words)) for topic, words in service.TOPIC_WORDS.items()]
        return self

    def is_sound(self) -> bool:
        """At least one topic, and a last day that is neither past nor far."""
        sound = self.validate()
        last, today = self.ends_on.data, clock.today()
        if isinstance(last, date) and not today <= last <= today + service.LONGEST_GRANT:
            self.ends_on.errors = [_("Choose a day from today to three years from now.")]
        return bool(sound and not self.ends_on.errors)


def _topics(names: list[str]) -> str:
    """In words; "" for all of them."""
    return show_list(_(service.TOPIC_WORDS[Topic(name)]) for name in names if name in set(Topic))


@room.page("", access=Access.BUSINESS)
def show(session: Session, actor: Actor) -> str:
    """Who reads them now, who did, and who decided that."""
    now = service.standing(session, actor, Power.PEOPLE)
    lines, page = service.grant_lines(session, now.company_id), page_number()
    history, pages = service.grant_history(session, now.company_id, page=page)
    return render_template(
        "post/grants.html",
        now=now,
        lines=[
            (one, service.show_number(one.number) if one.number else "", _topics(one.grant.topics) if one.grant else "")
            for one in lines
        ],
        history=[(*row, _topics(row[0].topics)) for row in history],
        at_page=page,
        pages=pages,
        page_url=lambda number: url_for(".show", page=number),
        done=request.args.get("done", ""),
    )


def _form(session: Session, actor: Actor, who: UUID, form: GrantForm) -> str:
    now = service.standing(session, actor, Power.PEOPLE)
    return render_template("post/grant.html", line=service.grant_line(session, now.company_id, who), form=form)


@room.page("/<uuid:who>/give", access=Access.BUSINESS)
def ask(session: Session, actor: Actor, who: UUID) -> str:
    """About what they may read, and until when; as it stands, where it was given."""
    now = service.standing(session, actor, Power.PEOPLE)
    grant = service.grant_line(session, now.company_id, who).grant
    known = {"topics": (grant.topics if grant else []) or [str(topic) for topic in Topic]}
    form = GrantForm(data={**known, "ends_on": grant.ends_on if grant else None})
    return _form(session, actor, who, form.speak())


@room.page("/<uuid:who>/give", access=Access.BUSINESS, methods=("POST",))
def give(session: Session, actor: Actor, who: UUID) -> Any:
    """Let them read confidential notices."""
    form = GrantForm.read().speak()
    if not form.is_sound():
        return _form(session, actor, who, form), 422
    now, topics = service.standing(session, actor, Power.PEOPLE), [Topic(name) for name in form.topics.data or []]
    service.give_grant(session, now, actor, who, topics=topics, ends_on=form.ends_on.data)
    return redirect("/business/mailbox/grants?done=given", 303)


@room.page("/<uuid:who>/revoke", access=Access.BUSINESS, methods=("POST",))
def revoke(session: Session, actor: Actor, who: UUID) -> Redirect:
    """They read them no more, from this moment."""
    service.revoke_grant(session, service.standing(session, actor, Power.PEOPLE), actor, who)
    return redirect("/business/mailbox/grants?done=revoked", 303)
