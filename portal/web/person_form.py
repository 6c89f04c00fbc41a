"""Whom staff look for: one form and one search for every desk that helps a person.

The page that belongs to it draws components/person_search.html.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template

from portal.core.text import digits, kana_name
from portal.core.words import N_
from portal.web.forms import CityForm, DayField, TextField
from portal.web.i18n import gettext as _

NOBODY = N_("Nobody in the resident register fits.")
NOT_ENOUGH = N_("Enter the addressee number, or the name in kana and the date of birth.")


class PersonForm(CityForm):
    """Whom to look for: by addressee number, or by kana and date of birth."""

    number = TextField(needed=False, reader=lambda typed: digits(typed, longest=15))
    kana = TextField(needed=False, reader=kana_name)
    born = DayField(needed=False)

    def label(self) -> "PersonForm":
        """The labels in the reader's language."""
        self.number.label.text = _("Addressee number")
        self.kana.label.text = _("Name in kana")
        self.born.label.text = _("Date of birth")
        return self

    def is_enough(self) -> bool:
        """Whether it singles somebody out: a name alone would open a whole page of people."""
        return bool(self.number.data or (self.kana.data and self.born.data))


Find = Callable[[str, str, date | None], Sequence[Any]]
"""(addressee number, kana, date of birth) → the people who fit, each with an id."""


def search_page(
    template: str, to: Callable[[UUID], str], *, form: PersonForm | None = None, error: str = "", **about: Any
) -> str:
    """The page *template* with its form, empty at first; `to(id)` is the page of one person."""
    shown = (form or PersonForm.read()).label()
    return render_template(template, **{"found": (), **about}, form=shown, error=error, to=to)


def find_person(find: Find, template: str, to: Callable[[UUID], str]) -> Any:
    """Go to the person who fits, or choose among several; what was typed never stands in an address."""
    form = PersonForm.read()
    if not form.validate():
        return search_page(template, to, form=form), 422
    if not form.is_enough():
        return search_page(template, to, form=form, error=_(NOT_ENOUGH)), 422
    found = find(form.number.data, form.kana.data, form.born.data)
    if not found:
        return search_page(template, to, form=form, error=_(NOBODY)), 422
    if len(found) == 1:
        return redirect(to(found[0].id), 303)
    return search_page(template, to, form=form, found=found)
