"""Account numbers of a company, before those who apply for it and may not see its accounts whole (decision 0099).

They see bank, branch and the last three digits, and can send the page as it stands: what comes back with the stars is the
number that was kept. The section that decides gets it whole.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.models import Application
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.schema import FormField, Kind
from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core.actor import Actor

SHOWN = 3


def masked(number: str) -> str:
    """The last three digits, as the basics show it to the same people."""
    return "*" * max(0, len(number) - SHOWN) + number[-SHOWN:]


def must_be_masked(session: Session, actor: Actor, case: Application) -> bool:
    """Whether *actor*, who has opened a case, may not see the whole numbers of accounts in it."""
    return case.company_id is not None and PowerOf.BASICS not in companies.standing(session, actor).powers


class _Masked:
    """A case as it is, but for the numbers of accounts."""

    def __init__(self, case: Application) -> None:
        self._case = case
        self._fields = list(_accounts(case))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._case, name)

    @property
    def answers(self) -> dict[str, Any]:
        names = [field.name for field in self._fields]
        return {name: _account(fact) if name in names else fact for name, fact in self._case.answers.items()}

    @property
    def known(self) -> dict[str, Any]:
        sources = [str(field.prefill) for field in self._fields]
        return {name: _account(fact) if name in sources else fact for name, fact in self._case.known.items()}

    @property
    def typed(self) -> dict[str, Any]:
        inputs = [_number_of(field) for field in self._fields]
        return {
            name: [masked(text) for text in texts] if name in inputs else texts
            for name, texts in self._case.typed.items()
        }


def for_reader(session: Session, actor: Actor, case: Application) -> Application:
    """The case as pages may show it to *actor*."""
    return cast(Application, _Masked(case)) if must_be_masked(session, actor, case) else case


def whole(session: Session, actor: Actor, case: Application, typed: Typed) -> Typed:
    """What was typed on a page, with the numbers that were kept where it shows stars; *case* is the real one. Nobody else's
    stars become a number."""
    if not must_be_masked(session, actor, case):
        return typed
    found = dict(typed)
    for field in _accounts(case):
        name = _number_of(field)
        texts = typed.get(name)
        kept = {masked(number): number for number in _numbers(case, field)}
        if texts and texts[0].strip() in kept:
            found[name] = [kept[texts[0].strip()]]
    return found


def _accounts(case: Application) -> Iterator[FormField]:
    return (field for field in cases.procedure_of(case).fields() if field.type is Kind.BANK)


def _number_of(field: FormField) -> str:
    return f"{field.name}-number"


def _account(fact: Any) -> Any:
    return {**fact, "number": masked(fact["number"])} if isinstance(fact, Mapping) and "number" in fact else fact


def _numbers(case: Application, field: FormField) -> Iterator[str]:
    """The numbers a page may have shown with stars, that which counts last."""
    for fact in (case.known.get(str(field.prefill)), case.answers.get(field.name)):
        if isinstance(fact, Mapping) and fact.get("number"):
            yield fact["number"]
    yield from case.typed.get(_number_of(field), ())
