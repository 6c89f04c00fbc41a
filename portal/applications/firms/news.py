"""What a company's mailbox says of its applications."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from portal.applications.models import Application
from portal.applications.procedures import catalogue
from portal.applications.rules import Kind
from portal.companies import service as companies
from portal.core.ids import new_id
from portal.core.words import N_

Text = tuple[str, str]
NEWS: Mapping[Kind, Text] = {
    Kind.SUBMITTED: (
        N_("Sent: %(procedure)s"),
        N_("Number %(reference)s. Here you hear when something is needed, and what was decided."),
    ),
    Kind.CORRECTION_ASKED: (
        N_("Please correct something: %(procedure)s"),
        N_("Number %(reference)s. Open the application: what is to be corrected is marked, the rest stays as it is."),
    ),
    Kind.DONE_WITHOUT_VISIT: (
        N_("Approved: %(procedure)s"),
        N_("Number %(reference)s. Open the application for the letter and for what follows."),
    ),
    Kind.REJECTED: (
        N_("Not approved: %(procedure)s"),
        N_("Number %(reference)s. The reason, and how to appeal, stand in the letter with the application."),
    ),
    Kind.WITHDRAWN: (
        N_("Withdrawn: %(procedure)s"),
        N_("Number %(reference)s. Your company took the application back. You can send a new one at any time."),
    ),
    Kind.FILE_REMOVED: (
        N_("A document was deleted: %(procedure)s"),
        N_("Number %(reference)s. It held malicious software. Open the application to see what is missing."),
    ),
}
EXPIRING: Text = (
    N_("A draft will be deleted: %(procedure)s"),
    N_("Number %(reference)s. Nobody changed it for weeks. Open it within %(days)s days to keep it."),
)


def tell(session: Session, case: Application, kind: Kind) -> None:
    """Tell the company whose case it is of this step, if it is one that companies are told of."""
    if case.company_id is not None and kind in NEWS:
        _tell(session, case, NEWS[kind])


def warn(session: Session, case: Application, days: int) -> None:
    """Tell the company that a draft of its ends in so many days."""
    _tell(session, case, EXPIRING, days=days)


def _tell(session: Session, case: Application, text: Text, **more: int) -> None:
    from portal.web.i18n import catalogue as words  # here: the worker, which tells little, need not carry pages

    procedure = catalogue.version(case.procedure, case.version)
    assert case.company_id is not None
    companies.tell(
        session,
        [(case.company_id, "")],
        key=f"application:{case.id}:{new_id().hex[-12:]}",
        text=text,
        facts={"procedure": words("ja").gettext(procedure.title), "reference": case.reference, **more},
        link=f"/business/applications/{case.id}",
        sender=procedure.responsible,
    )
