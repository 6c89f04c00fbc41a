"""Pages of the company: who read its basics for what, and what public bodies still ask for."""

from uuid import UUID

from flask import render_template
from sqlalchemy.orm import Session

from portal.basics import service as basics
from portal.companies.service import PowerOf
from portal.core.actor import Actor
from portal.procurement.once import rules, service
from portal.procurement.once.rules import TASK_WORDS, Task
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("once_company", __name__, "/business")


@room.page("/reads", access=Access.BUSINESS)
def reads(session: Session, actor: Actor) -> str:
    """Who read what, when, and for what; and which requests wait."""
    now = basics.own_standing(session, actor)
    return render_template(
        "once/reads.html",
        waiting=[(one, body, _(TASK_WORDS[Task(one.task)])) for one, body in service.requests_to(session, now.company_id)],
        lines=[
            (read, body, section, _(rules.READ_WORDS[read.task]),
             [_(basics.KIND_WORDS[kind]) for kind in rules.kinds_of(read.task, read.kinds)])
            for read, body, section in service.reads_of(session, now.company_id)
        ],
    )  # fmt: skip


@room.page("/requests/<uuid:request_id>", access=Access.BUSINESS)
def show_request(session: Session, actor: Actor, request_id: UUID) -> str:
    """What a public body needs: what is answered already, and what is missing."""
    now = basics.own_standing(session, actor)
    one, body, lacking = service.request_to(session, now.company_id, request_id)
    stale = basics.only_old(session, now.company_id, lacking)
    return render_template(
        "once/request.html",
        one=one,
        body=body,
        task=_(TASK_WORDS[Task(one.task)]),
        there=[_(basics.KIND_WORDS[kind]) for kind in rules.kinds_of(one.task, one.kinds) if kind not in lacking],
        lacking=[(str(kind), _(basics.KIND_WORDS[kind]), kind in stale) for kind in lacking],
        may_change=PowerOf.BASICS in now.powers,
    )
