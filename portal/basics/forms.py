"""The form of each kind of fact, made from what can be said in it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any

from wtforms import SelectField

from portal.banks import service as banks
from portal.basics import rules
from portal.basics.rules import PARTS, Kind, Part
from portal.basics.service import Told
from portal.core import clock
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.web.forms import CityForm, DayField, Needed, TextField, explain
from portal.web.i18n import gettext as _

Look = Callable[[str, str], banks.Named | banks.Fault | None]


class Days(CityForm):
    """Since when it holds, until when, and where that can be read."""

    valid_from = DayField(N_("True since"), description=N_("A day to come is taken too: public bodies are told now."))
    valid_until = DayField(N_("True until"), needed=False, description=N_("Only if it ends by itself."))
    source = TextField(
        N_("Where it can be checked"),
        longest=200,
        needed=False,
        description=N_("Such as 登記事項証明書 令和8年4月1日."),
    )


def _field(part: Part) -> Any:
    if part.choices is not None:
        return SelectField(part.label, [Needed()])
    kw = {"width": part.width, **({"inputmode": "numeric"} if part.digits else {})}
    return TextField(part.label, reader=part.reader, needed=part.needed, description=part.hint, render_kw=kw)


CONTENT: dict[Kind, Any] = {
    kind: type(f"{kind.capitalize()}Form", (CityForm,), {name: _field(part) for name, part in parts.items()})
    for kind, parts in PARTS.items()
}


class FactForm:
    """Both halves of the page: what is said, and its days."""

    def __init__(self, kind: Kind, key: str, known: Mapping[str, str] | None = None) -> None:
        self.kind, self.key = kind, key
        self.content = CONTENT[kind].read(**(known or {}))
        self.days = Days.read(valid_from=clock.today())
        for field in self:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        for name, part in PARTS[kind].items():
            if part.choices is not None:
                self.content[name].choices = [(value, _(words)) for value, words in part.choices.items()]

    def told(self, look: Look) -> Told | None:
        """What to keep, or None with the faults at their fields; *look* knows names of banks."""
        sound = self.content.validate() & self.days.validate()
        first, last = self.days.valid_from.data, self.days.valid_until.data
        if first and last and last < first:
            self.days.valid_until.errors = [_("The last day is before the first.")]
            sound = False
        if not sound or not self._fits() or first is None:
            return None
        said = {name: self.content[name].data or "" for name in PARTS[self.kind]}
        if self.kind is Kind.BANK:
            match look(said["bank_code"], said["branch_code"]):
                case banks.Fault(part, refused):
                    self.content[f"{part}_code"].errors = [explain(refused)]
                    return None
                case banks.Named(bank, branch):
                    said |= {"bank": bank, "branch": branch}
        return Told(said, first, last if isinstance(last, date) else None, self.days.source.data or "")

    def _fits(self) -> bool:
        """What two fields together have to be."""
        form, refused = self.content, None
        if self.kind is Kind.BANK:
            field = form.branch_code
            if not rules.check_post_bank(form.bank_code.data, field.data, form.account.data):
                refused = TextRefused("bank-branch-of-post")
        elif self.kind is Kind.INVOICE:
            field = form.number
            if len(self.key) == 13 and field.data != f"T{self.key}":
                refused = TextRefused("invoice-number-of-another")
        if refused:
            field.errors = [explain(refused)]
        return not refused

    def __iter__(self) -> Iterator[Any]:
        return chain(self.content, self.days)
