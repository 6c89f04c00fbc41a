"""How else companies come in: a branch of the cast's company with post of its own, and a letter that waits to be printed."""

from sqlalchemy.orm import Session

from portal.companies import service as companies
from portal.companies.branches import service as branches
from portal.companies.branches.service import Said
from portal.companies.by_post import service as by_post
from portal.core import passwords
from portal.demo.basics import _officer
from portal.demo.business_people import corporate_number

BRANCH = Said("稲毛支店", "千葉県", "千葉市稲毛区", "架空町2丁目1番1号")
WELCOME = ("%(title)s", "%(body)s")
ASKS = corporate_number(7)
PASSWORD = "letter-demo-soroban-2026"


def load(session: Session) -> None:
    """Everything; numbers apart the same each time."""
    branch = branches.open_branch(session, _officer(session), BRANCH)
    facts = {"title": "支店の防火管理者の講習について（架空）", "body": "稲毛支店の防火管理者の講習は、来月です。"}
    companies.tell(
        session, [(branch, "")], key=f"demo-branch:{branch}", text=WELCOME, facts=facts, sender="稲毛消防署（架空）"
    )
    by_post.ask(session, number=ASKS, name="架空 七子", password_hash=passwords.hash_password(PASSWORD))
