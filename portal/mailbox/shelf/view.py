"""A notice as a device keeps it: words only, in the reader's language, ready to be shown without the portal."""

from typing import Any

from portal.core import clock
from portal.mailbox.rules import Kind
from portal.mailbox.shelf import rules
from portal.mailbox.shelf.service import Copy
from portal.mailbox.wording import kind_words, words
from portal.web.i18n import gettext, office_words, show_date, show_datetime


def letter(copy: Copy) -> dict[str, Any]:
    """What js/shelf/list.js shows, and what js/shelf/keep.js fetches beside it."""
    notice, now = copy.opened.notice, clock.now()
    title, body, code = words(notice.texts, notice.facts)
    until = now + rules.KEPT
    return {
        "id": str(notice.id),
        "title": title,
        "language": code,
        "paragraphs": [part for part in copy.fill(body).split("\n\n") if part.strip()],
        "kind": gettext(kind_words(notice.kind)),
        "section": office_words(notice.section),
        "when": show_datetime(copy.opened.delivery.delivered_at),
        "due": show_date(notice.due_on) if notice.due_on and notice.kind != Kind.INFORMATION else "",
        "last": gettext("Kept until %(day)s", day=show_date(until)),
        "kept": now.isoformat(),
        "until": until.isoformat(),
        "files": [
            {
                "id": str(one.file.id),
                "name": one.file.name,
                "size": one.file.size,
                "ready": one.file.may_be_shown,
                "words": one.size,
                "alt": one.alt if one.is_shown else "",
                "url": f"/mailbox/{notice.id}/files/{one.file.id}",
            }
            for one in copy.files
        ],
    }
