"""Forms of sections that buy: a tender, its result, a suspension, a file of grades."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from portal.companies import service as companies
from portal.core import text
from portal.core.clock import JST
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.procurement.models import Agency, Tender
from portal.procurement.rules import CATEGORY_WORDS, DOUBT_WORDS, GRADES, METHOD_WORDS, BidLine
from portal.procurement.sealed import rules as sealed_rules
from portal.web.forms import NEEDED, CityForm, DayField, LongTextField, Needed, TextField
from portal.web.i18n import gettext as _

HOURS = ("10:00", "12:00", "15:00", "17:00")
# An address as RFC 3986 has it, without a name or password in it: releases are public, checked by a schema, and stay.
_SIGN = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
DOCUMENT = re.compile(
    r"(?P<title>\S.{0,98}?)\s+(?P<url>https?://(?=[!-~]{4,280}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?"
    rf"(?:[/?]{_SIGN}*)?(?:#{_SIGN}*)?)"
)
MOST_YEN = 10**13
MOST_PIECES = 10**9
MOST_DOCUMENTS = 20
BID = re.compile(r"(?P<number>\S+)\s*[,\s]\s*(?P<amount>\S+)")


def _speak(form: CityForm) -> None:
    """Labels and hints in the reader's language."""
    for field in form:
        field.label.text = _(field.label.text)
        field.description = _(field.description) if field.description else ""


class TenderForm(CityForm):
    """Everything a tender says."""

    title = TextField(N_("Title"), longest=150)
    description = LongTextField(N_("What is to be bought"), longest=4000)
    item = TextField(
        N_("Item, for price statistics"),
        longest=60,
        needed=False,
        description=N_("A short common name, such as コピー用紙 A4."),
    )
    quantity = TextField(N_("Quantity"), longest=12, needed=False, render_kw={"inputmode": "numeric", "width": "short"})
    unit = TextField(N_("Unit"), longest=10, needed=False, render_kw={"width": "short"})
    category = SelectField(N_("Category"), [Needed()])
    method = SelectField(N_("Way of buying"), [Needed()])
    grades = SelectMultipleField(N_("Grades that may take part"), [Needed()], render_kw={"component": "checkboxes"})
    region = SelectField(N_("Where the company has to be"))
    site_visit = TextField(N_("Site visit or briefing"), longest=300, needed=False)
    documents = LongTextField(
        N_("Documents that lie elsewhere"),
        longest=6000,
        needed=False,
        description=N_(
            "One a line: its title, a space, and its address (https://…). Files are added on the page of the tender."
        ),
    )
    questions_until = DayField(N_("Questions until"))
    deadline = DayField(N_("Bids until"))
    hour = SelectField(N_("At what time"), [Needed()], choices=[SelectChoice(hour) for hour in HOURS])
    estimate = TextField(
        N_("Estimated price in yen"),
        longest=30,
        needed=False,
        description=N_("Kept until the result, then published."),
        render_kw={"inputmode": "numeric", "width": "medium"},
    )
    sealed = BooleanField(
        N_("Take sealed quotations through the portal"),
        description=N_(
            "For comparisons of quotations of small value. Nobody can open them before the deadline; two officers do."
        ),
        false_values=(False, "false", ""),
    )
    why = TextField(N_("What changes, and why"), longest=500, needed=False)

    @classmethod
    def of(cls, agency: Agency, tender: Tender | None = None) -> "TenderForm":
        """The form as it was sent, or filled with what *tender* says; only what is public asks for a reason."""
        form = cls.read(**(_typed(tender) if tender else {"hour": HOURS[-1]}))
        _speak(form)
        form.category.choices = [(name, _(words)) for name, words in CATEGORY_WORDS.items()]
        form.method.choices = [(name, _(words)) for name, words in METHOD_WORDS.items()]
        form.grades.choices = [(grade, grade) for grade in GRADES]
        near = (f"{agency.prefecture}{agency.city}", agency.prefecture)
        form.region.choices = [("", _("Anywhere")), *((place, place) for place in near)]
        if tender is None or tender.state == "draft":
            del form.why
        return form

    def facts(self) -> dict[str, Any] | None:
        """The columns of a tender, or None with the faults at their fields."""
        sound = self.validate()
        if "why" in self and not self.why.errors and not self.why.data:
            self.why.errors = [_(NEEDED)]
        documents, estimate = self._documents(), self._number(self.estimate, N_("Write whole yen."))
        quantity = self._number(self.quantity, N_("Write a whole number."))
        self._check_sealed(estimate)
        if not sound or any(field.errors for field in self):
            return None
        deadline: date = self.deadline.data or date.max
        return {
            "title": self.title.data, "description": self.description.data, "category": self.category.data,
            "method": self.method.data, "grades": sorted(self.grades.data or []), "region": self.region.data,
            "site_visit": self.site_visit.data, "documents": documents, "questions_until": self.questions_until.data,
            "submissions_until": datetime.combine(deadline, time.fromisoformat(self.hour.data), JST), "estimate": estimate,
            "sealed": bool(self.sealed.data), "item": self.item.data, "quantity": quantity, "unit": self.unit.data,
        }  # fmt: skip

    def _documents(self) -> list[dict[str, str]]:
        lines = [line.strip() for line in (self.documents.data or "").splitlines() if line.strip()]
        found = [DOCUMENT.fullmatch(line) for line in lines]
        if len(lines) > MOST_DOCUMENTS or not all(found):
            self.documents.errors = [_("Write a title, a space and an address with https:// in each line, 20 at most.")]
        elif len({one["url"] for one in found if one}) < len(found):  # open data knows a paper by its address
            self.documents.errors = [_("Two documents have the same address. Write each address once.")]
        return [one.groupdict() for one in found if one]

    def _number(self, field: TextField, fault: str) -> int | None:
        if not field.data or field.errors:
            return None
        try:
            return text.whole_number(field.data, least=1, most=MOST_YEN if field is self.estimate else MOST_PIECES)
        except TextRefused:
            field.errors = [_(fault)]
            return None

    def _check_sealed(self, estimate: int | None) -> None:
        if not self.sealed.data or self.category.errors or self.method.errors or self.estimate.errors:
            return
        try:
            sealed_rules.check_small_value(method=self.method.data, category=self.category.data, estimate=estimate)
        except sealed_rules.NotSmallValue as refusal:
            self.sealed.errors = [f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step)}"]


def _typed(tender: Tender) -> dict[str, Any]:
    deadline = tender.submissions_until.astimezone(JST)
    return {
        "title": tender.title, "description": tender.description, "category": tender.category, "method": tender.method,
        "grades": tender.grades, "region": tender.region, "site_visit": tender.site_visit,
        "documents": "\n".join(f"{one['title']} {one['url']}" for one in tender.documents),
        "questions_until": tender.questions_until, "deadline": deadline.date(), "hour": f"{deadline:%H:%M}",
        "estimate": str(tender.estimate or ""), "why": "", "sealed": tender.sealed, "item": tender.item,
        "quantity": str(tender.quantity or ""), "unit": tender.unit,
    }  # fmt: skip


class ResultForm(CityForm):
    """All bids, and who won."""

    bids = LongTextField(
        N_("Bids"),
        longest=20_000,
        description=N_("One a line: the bidder's number, a space, and yen."),
        render_kw={"rows": 8},
    )
    winner = TextField(
        N_("Number of the winner"),
        longest=30,
        needed=False,
        description=N_("Left empty, the tender ended without result."),
        render_kw={"inputmode": "numeric", "width": "medium"},
    )

    despite = LongTextField(N_("If it is right all the same: why, for everybody to read"), longest=500, needed=False)

    def speak(self, doubts: Sequence[str] = ()) -> "ResultForm":
        """Asks for a reason only where something stands out, or a reason was given."""
        _speak(self)
        self.despite.description = " ".join(_(DOUBT_WORDS[doubt]) for doubt in doubts)
        if not doubts and not self.despite.data:
            del self.despite
        return self

    def lines(self) -> tuple[list[BidLine], str] | None:
        """(bids, the winner's number), or None with the faults at their fields."""
        if not self.validate():
            return None
        found = [_bid(line) for line in (self.bids.data or "").splitlines() if line.strip()]
        bids = [bid for bid in found if bid]
        if len(bids) != len(found) or len({bid.number for bid in bids}) != len(bids):
            self.bids.errors = [_("Each line needs a sound number, a space and whole yen, and each bidder one line.")]
        winner = companies.number_in(self.winner.data or "")
        if self.winner.data and not winner:
            self.winner.errors = [_("Check the number.")]
        return None if self.errors or self.bids.errors or self.winner.errors else (bids, winner)


def _bid(line: str) -> BidLine | None:
    parts = BID.fullmatch(line.strip())
    if parts is None or not (number := companies.number_in(parts["number"])):
        return None
    try:
        return BidLine(number, text.whole_number(parts["amount"], least=1, most=MOST_YEN))
    except TextRefused:
        return None


class SuspensionForm(CityForm):
    """Whom, why, from when until when."""

    number = TextField(
        N_("Number of the company"),
        reader=companies.read_key,
        description=N_("The corporate number (13 digits), or the number here of a sole proprietor."),
        render_kw={"width": "medium"},
    )
    ground = TextField(N_("Ground"), longest=500)
    begins_on = DayField(N_("First day"))
    ends_on = DayField(N_("Last day"))

    def speak(self) -> "SuspensionForm":
        _speak(self)
        return self

    def is_sound(self) -> bool:
        sound = self.validate()
        if self.begins_on.data and self.ends_on.data and self.ends_on.data < self.begins_on.data:
            self.ends_on.errors = [_("The last day is before the first.")]
        return bool(sound and not self.ends_on.errors)


class WordsForm(CityForm):
    """One text: a question, an answer, an objection, a reason."""

    words = LongTextField(N_("Text"), longest=2000)

    def speak(self, label: str) -> "WordsForm":
        self.words.label.text = label
        return self
