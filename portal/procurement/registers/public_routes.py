"""The page for everybody: licences and suspensions of corporations that the law makes public, as a list and as a table."""

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.text import shown_again
from portal.core.words import N_
from portal.procurement.registers import public
from portal.procurement.registers.rules import KIND_WORDS
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.spreadsheet import as_csv

room = Room("registrations_public", __name__, "/open/registrations")
# The table is the same for everybody, and changes by the day.
KEPT = "public, max-age=600"
HEADS = ("種別", "法人番号", "名称", "内容", "番号", "機関", "交付日・開始日", "有効期限・終了日", "根拠法令")
IN_FILES = {"licence": "許可", "commendation": "表彰", "certificate": "証明", public.SUSPENSION: "指名停止"}
SUSPENSION_WORDS = N_("Suspension from tenders")


@room.page("", access=Access.PUBLIC, purpose=Purpose.CHECK)
def show(session: Session, actor: Actor) -> str:
    """Found by a part of the name, or by number; without a search what is newest of suspensions and ends next."""
    words = shown_again(request.args.get("q", ""), longest=60).strip()
    lines, more = public.found(session, words)
    kinds = {**KIND_WORDS, public.SUSPENSION: SUSPENSION_WORDS}
    return render_template(
        "registers/public.html",
        words=words,
        more=more,
        lines=[(one, _(kinds[one.kind]), companies.show_number(one.key)) for one in lines],
        suspension=public.SUSPENSION,
    )


@room.page("/registrations.csv", access=Access.PUBLIC, purpose=Purpose.CHECK)
def table(session: Session, actor: Actor) -> Response:
    """All of it as a table."""
    answer = as_csv(
        HEADS,
        (
            (IN_FILES[one.kind], one.key, one.company, one.what, one.number, one.body, one.first.isoformat(),
             one.last.isoformat() if one.last else "", one.law)
            for one in public.everything(session)
        ),
    )  # fmt: skip
    answer.headers["Cache-Control"] = KEPT
    answer.add_etag()
    answer.make_conditional(request.environ)
    return answer
