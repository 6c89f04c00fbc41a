"""The page behind a link in a mail: a file of a section's, for whoever has the link and knows the address it went to."""

import hmac
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.files import service as files
from portal.mailbox.notify import papers
from portal.mailbox.notify.models import Paper
from portal.web import throttle
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("documents", __name__)
TRIES = 10


class DocumentGone(Refusal):
    code = "document-gone"
    status = 404
    message = N_("This file is not here any more, or the link is not complete.")
    next_step = N_("Open the link in the mail once more, or ask the section that sent it.")


class DocumentNotChecked(Refusal):
    code = "document-not-checked"
    message = N_("This file is still being looked through for malicious software.")
    next_step = N_("Please open the link again in a few minutes.")


def _paper(session: Session, paper_id: UUID) -> Paper:
    paper = papers.find(session, paper_id)
    if paper is None:
        raise DocumentGone
    return paper


def _page(paper: Paper, wrong: str = "") -> str:
    size = max(1, round(len(paper.sealed) / 1_000))
    return render_template("notify/document.html", paper=paper, size=size, wrong=wrong)


@room.page("/documents/<uuid:paper_id>", access=Access.PUBLIC)
def show(session: Session, actor: Actor, paper_id: UUID) -> str:
    """A file waits; whose address it went to is asked first."""
    return _page(_paper(session, paper_id))


@room.page("/documents/<uuid:paper_id>", access=Access.PUBLIC, methods=("POST",), purpose=Purpose.OWN_USE)
def fetch(session: Session, actor: Actor, paper_id: UUID) -> Any:
    """The file itself, always saved and never shown inside the portal."""
    paper = _paper(session, paper_id)
    if paper.checked == files.WAITING:
        raise DocumentNotChecked
    if paper.opened_with:
        throttle.guard(session, "document", str(paper_id), request.remote_addr or "", limit=TRIES)
        if not hmac.compare_digest(_typed().lower().encode(), paper.opened_with.lower().encode()):
            return _page(paper, _("This is not the address this file was sent to.")), 422
    response = Response(papers.opened(hall().settings.file_ring, paper), mimetype=paper.mime)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(paper.name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _typed() -> str:
    try:
        return text.email(request.form.get("address", ""))
    except TextRefused:
        return ""
