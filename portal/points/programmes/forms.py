"""The form for terms of a programme, and the one for a new programme."""

import re
from typing import Any

from wtforms import RadioField

from portal.core import text
from portal.core.words import N_
from portal.points.ledger.rules import Reason
from portal.points.programmes.models import PointTerms
from portal.points.programmes.rules import E_SERVICE_UNITS, KINDS, MOST_BUDGET, MOST_POINTS, UNIT_WORDS, Unit
from portal.web.forms import CityForm, DayField, Needed, TextField
from portal.web.i18n import gettext as _

LANGUAGES = ("en", "zh", "ko", "es", "pt")
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def amount_field(label: str, *, most: int, least: int = 1, needed: bool = True, hint: str = "") -> TextField:
    """A whole number in any width of digits."""
    return TextField(
        label,
        needed=needed,
        reader=lambda typed: str(text.whole_number(typed, least=least, most=most)),
        description=hint,
        render_kw={"inputmode": "numeric", "width": "medium"},
    )


class TermsForm(CityForm):
    """What a programme gives, to whom at most, from when to when."""

    ja = TextField(N_("Name in Japanese"), longest=60)
    en = TextField(N_("Name in English"), longest=100, needed=False)
    zh = TextField(N_("Name in Chinese"), longest=60, needed=False)
    ko = TextField(N_("Name in Korean"), longest=60, needed=False)
    es = TextField(N_("Name in Spanish"), longest=100, needed=False)
    pt = TextField(N_("Name in Portuguese"), longest=100, needed=False)
    points = amount_field(N_("Points for each time, hour, 1,000 steps or promised point"), most=MOST_POINTS)
    budget = amount_field(
        N_("Budget in points"), most=MOST_BUDGET, hint=N_("Of the whole programme, with what was given already.")
    )
    per_day = amount_field(N_("Most points for one person in a day"), most=MOST_BUDGET, needed=False)
    per_month = amount_field(N_("Most points for one person in a month"), most=MOST_BUDGET, needed=False)
    per_person = amount_field(N_("Most points for one person in all"), most=MOST_BUDGET, needed=False)
    begins_on = DayField(N_("First day"))
    ends_on = DayField(N_("Last day"))
    why = TextField(N_("Why"), longest=300, description=N_("The second person reads this before deciding."))

    @classmethod
    def of(cls, terms: PointTerms | None = None) -> "TermsForm":
        """As it was sent, or filled with the newest *terms*."""
        form = cls.read(**(_typed(terms) if terms else {}))
        for field in form:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""
        return form

    def facts(self) -> dict[str, Any] | None:
        """The columns of the terms, or None with the faults at their fields."""
        if not self.validate() or not self.begins_on.data or not self.ends_on.data:
            return None
        if self.begins_on.data > self.ends_on.data:
            self.ends_on.errors = [_("The last day comes before the first one.")]
            return None
        title = {"ja": self.ja.data, **{code: self[code].data or "" for code in LANGUAGES}}
        return {
            "title": title, "points": int(self.points.data or 0), "budget": int(self.budget.data or 0),
            **{name: int(self[name].data) if self[name].data else None for name in ("per_day", "per_month", "per_person")},
            "begins_on": self.begins_on.data, "ends_on": self.ends_on.data, "why": self.why.data,
        }  # fmt: skip


class ProgrammeForm(TermsForm):
    """The same for a programme that is new."""

    code = TextField(
        N_("Code"),
        longest=30,
        description=N_("Small letters, digits and a hyphen, such as park-2026. It never changes."),
    )
    kind = RadioField(N_("What it is for"), [Needed()])
    unit = RadioField(N_("Points are given"), [Needed()])

    @classmethod
    def of(cls, terms: PointTerms | None = None) -> "ProgrammeForm":
        form = super().of(terms)
        assert isinstance(form, ProgrammeForm)
        form.kind.choices = [(str(kind), _(words)) for kind, words in KINDS.items()]
        form.unit.choices = [(str(unit), _(words)) for unit, words in UNIT_WORDS.items()]
        if form.unit.data is None:
            form.unit.data = str(Unit.HOUR)
        return form

    def facts(self) -> dict[str, Any] | None:
        found, code = super().facts(), text.fold_width(self.code.data or "").lower()
        self.code.data = code
        if not self.code.errors and not CODE.fullmatch(code):
            self.code.errors = [_("Please write small letters, digits and a hyphen, such as park-2026.")]
        if self.unit.data == Unit.STEPS and self.kind.data != Reason.HEALTH:
            self.unit.errors = [_("Points for steps are for programmes of health.")]
        if self.unit.data not in E_SERVICE_UNITS and self.kind.data == Reason.E_SERVICE:
            self.unit.errors = [_("Visits bring points for each time, applications what they promise.")]
        if self.unit.data == Unit.PROMISED and self.kind.data != Reason.E_SERVICE:
            self.unit.errors = [_("Only online services promise points.")]
        return None if self.code.errors or self.unit.errors else found


def _typed(terms: PointTerms) -> dict[str, Any]:
    amounts = {name: getattr(terms, name) for name in ("points", "budget", "per_day", "per_month", "per_person")}
    return {
        **terms.title, **{name: "" if value is None else str(value) for name, value in amounts.items()},
        "ends_on": terms.ends_on,
    }  # fmt: skip
