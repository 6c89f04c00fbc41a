"""A company's quotation, and an officer's opening code."""

from portal.core import text
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.procurement.sealed import rules, seal
from portal.procurement.sealed.seal import Said
from portal.web.forms import CityForm, LongTextField, TextField
from portal.web.i18n import gettext as _

MOST_YEN = 10**12


class QuotationForm(CityForm):
    """The amount twice, because it cannot be changed once it is filed."""

    quotation = TextField(
        N_("Your price in yen, tax included"),
        longest=30,
        render_kw={"inputmode": "numeric", "width": "medium", "autocomplete": "off"},
    )
    again = TextField(
        N_("The same price once more"),
        longest=30,
        render_kw={"inputmode": "numeric", "width": "medium", "autocomplete": "off"},
    )
    draw = TextField(
        N_("Draw number, 000 to 999"),
        longest=6,
        description=N_("Any number you like. If two lowest prices are equal, these numbers decide."),
        render_kw={"inputmode": "numeric", "width": "short", "autocomplete": "off"},
    )
    note = LongTextField(
        N_("Note"), longest=1000, needed=False, description=N_("Maker and model you offer, conditions.")
    )

    def speak(self) -> "QuotationForm":
        for field in self:
            field.label.text = _(field.label.text)
            field.description = _(field.description) if field.description else ""
        return self

    def said(self) -> Said | None:
        """What is to be sealed, or None with the faults at their fields."""
        self.validate()
        amount = self._number(self.quotation, least=1, most=MOST_YEN, fault=N_("Write whole yen."))
        again = self._number(self.again, least=1, most=MOST_YEN, fault=N_("Write whole yen."))
        draw = self._number(self.draw, least=0, most=rules.LARGEST_DRAW, fault=N_("Write a number from 000 to 999."))
        if amount is not None and again is not None and amount != again:
            self.again.errors = [_("The two prices differ.")]
        if amount is None or draw is None or any(field.errors for field in self):
            return None
        return Said(amount, draw, self.note.data or "")

    def _number(self, field: TextField, *, least: int, most: int, fault: str) -> int | None:
        if field.errors or not field.data:
            return None
        try:
            return text.whole_number(field.data.strip("円¥￥ 　"), least=least, most=most)
        except TextRefused:
            field.errors = [_(fault)]
            return None


class CodeForm(CityForm):
    """An officer's opening code, from paper."""

    code = TextField(
        N_("Your opening code"),
        reader=seal.read_code,
        description=N_("Six groups of four signs, as on your paper."),
        render_kw={"autocomplete": "off"},
    )

    def speak(self) -> "CodeForm":
        self.code.label.text, self.code.description = _(self.code.label.text), _(self.code.description)
        return self

    def refuse(self, words: str) -> None:
        self.code.errors = [words]
