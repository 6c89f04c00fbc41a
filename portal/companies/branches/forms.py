"""Forms about branches."""

from typing import Any
from uuid import UUID

from wtforms import BooleanField, RadioField, SelectField

from portal.companies.branches import rules
from portal.companies.branches.service import Said
from portal.companies.names import PREFECTURES
from portal.companies.rules import Role
from portal.core import text
from portal.core.words import N_
from portal.web.forms import CityForm, Needed, TextField
from portal.web.i18n import gettext as _


class BranchForm(CityForm):
    """What the branch is called, and where it is."""

    office = TextField(
        N_("Name of the branch"),
        longest=rules.LONGEST_NAME,
        description=N_("Without the company's name, such as 千葉支店."),
    )
    prefecture = SelectField(N_("Prefecture"), [Needed()], choices=PREFECTURES)
    city = TextField(
        N_("City and ward"), longest=20, description=N_("Such as 千葉市中央区."), render_kw={"width": "medium"}
    )
    street = TextField(N_("Street, number, building"), reader=lambda typed: text.address_line(typed, longest=200))

    def speak(self) -> "BranchForm":
        """Labels in the reader's language."""
        for field in self:
            field.label.text, field.description = _(field.label.text), _(field.description) if field.description else ""
        return self

    def said(self) -> Said:
        return Said(self.office.data or "", self.prefecture.data, self.city.data or "", self.street.data or "")


def known(branch: Any) -> dict[str, str]:
    """What the form begins with: an address in its three parts again."""
    prefecture = next((name for name in PREFECTURES if branch.region.startswith(name)), PREFECTURES[0])
    city, street = branch.region.removeprefix(prefecture), branch.address.removeprefix(branch.region)
    return {"office": branch.office, "prefecture": prefecture, "city": city, "street": street}


class PersonForm(CityForm):
    """Who acts for the branch, as what."""

    person = SelectField(N_("Who"), [Needed()])
    role = RadioField(N_("As what"), [Needed()])
    alone = BooleanField(N_("For branches alone: no longer for the head office"))

    def speak(self, people: list[tuple[str, str]]) -> "PersonForm":
        """Labels and choices in the reader's language."""
        for field in self:
            field.label.text = _(field.label.text)
        self.person.choices = people
        self.role.choices = [(str(role), f"{_(words)} – {_(about)}") for role, (words, about) in rules.ROLES.items()]
        return self

    def chosen(self) -> tuple[UUID, Role]:
        return UUID(self.person.data), Role(self.role.data)
