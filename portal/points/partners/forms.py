"""Forms of partner shops: the application, the contract, a coupon."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.banks import service as banks
from portal.core import text
from portal.core.addresses import WARDS
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.core.zengin import holder
from portal.points.partners import zengin
from portal.points.partners.bank import DEPOSIT_WORDS, BankAccount, Deposit
from portal.points.volunteering.forms import KeeperForm, SpokenForm
from portal.web.forms import DayField, Needed, TextField, explain
from portal.web.i18n import gettext as _


def digits_field(label: str, count: int) -> TextField:
    return TextField(
        label,
        reader=lambda typed: text.digits(typed, count=count),
        render_kw={"inputmode": "numeric", "width": "short"},
    )


def _holder(typed: str) -> str:
    """As banks write it. Raises TextRefused."""
    try:
        return zengin.half_width(holder(typed))
    except zengin.NotInTheFile as sign:
        raise TextRefused("text-not-of-banks", {"sign": str(sign)}) from None


def _bank(typed: str) -> str:
    """統一金融機関コード: four digits, of which 0000 is nobody's."""
    code = text.digits(typed, count=4)
    if code == "0000":
        raise TextRefused("bank-code-of-nobody")
    return code


class ApplicationForm(SpokenForm):
    """Who the shop is, and where its money goes."""

    name = TextField(N_("Name of the shop"), longest=100)
    trade = TextField(N_("What one gets there for points"), longest=100)
    ward = SelectField(N_("Ward"), [Needed()], choices=[SelectChoice(ward) for ward in WARDS])
    address = TextField(N_("Address of the shop"), reader=lambda typed: text.address_line(typed, longest=200))
    phone = TextField(N_("Telephone number"), reader=text.phone, render_kw={"inputmode": "tel", "width": "medium"})
    bank = TextField(N_("Bank code (4 digits)"), reader=_bank, render_kw={"inputmode": "numeric", "width": "short"})
    branch = digits_field(N_("Branch code (3 digits)"), 3)
    deposit = RadioField(N_("Kind of account"), [Needed()], default=Deposit.ORDINARY)
    number = digits_field(N_("Account number (7 digits)"), 7)
    holder = TextField(N_("Account holder in kana"), reader=_holder, description=N_("As it stands in the bank book."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deposit.choices = _deposits()

    def facts(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("name", "trade", "ward", "address", "phone")}

    def account(self) -> BankAccount:
        return _account(self)


def bank_stands(session: Session, form: SpokenForm) -> bool:
    """Whether the national list knows bank and branch; if not, its words stand at the field."""
    found = banks.look(session, form["bank"].data, form["branch"].data)
    if isinstance(found, banks.Fault):
        form[found.part].errors = [explain(found.refused)]
        return False
    return True


class PresenceForm(SpokenForm):
    """What a shop says of itself to residents."""

    trade, ward, address = (getattr(ApplicationForm, name) for name in ("trade", "ward", "address"))
    opening = TextField(
        N_("Opening hours, in your own words"), longest=300, needed=False,
        description=N_("For example: 10:00 to 19:00, closed on Wednesdays."),
    )  # fmt: skip

    def facts(self) -> dict[str, str]:
        return {name: self[name].data or "" for name in ("trade", "ward", "address", "opening")}


class AccountForm(SpokenForm):
    """Where the money is to go from now on."""

    bank, branch, deposit, number, holder = (
        getattr(ApplicationForm, name) for name in ("bank", "branch", "deposit", "number", "holder")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deposit.choices = _deposits()

    def account(self) -> BankAccount:
        return _account(self)


def _deposits() -> list[tuple[str, str]]:
    return [(value, _(words)) for value, words in DEPOSIT_WORDS.items()]


def _account(form: SpokenForm) -> BankAccount:
    return BankAccount(**{name: form[name].data for name in ("bank", "branch", "deposit", "number", "holder")})


class LastDayForm(SpokenForm):
    """Until when a contract lasts."""

    last = DayField(N_("Last day of the contract"))


class GroupForm(SpokenForm):
    """Which coupons the shop takes."""

    group = SelectField(N_("Coupons the shop takes"))

    def offer(self, groups: Mapping[str, str]) -> None:
        """No coupons, or those of one group of partners, by what they are for."""
        self.group.choices = [SelectChoice("", _("None")), *(SelectChoice(one, words) for one, words in groups.items())]


class ContractForm(GroupForm):
    """From when to when the shop takes points, and of which coupons."""

    first = DayField(N_("First day of the contract"))
    last = DayField(N_("Last day of the contract"))


class TerminalForm(SpokenForm):
    """A terminal that is to stand in the shop."""

    client = TextField(
        N_("ID of the terminal"),
        longest=60,
        description=N_("As the operator enrolled it. One that stands in another shop waits for a second person."),
    )


class ShopKeeperForm(KeeperForm):
    """Who acts for a shop."""

    number = TextField(
        N_("Addressee number of the person"),
        longest=30,
        description=N_(
            "The person takes coupons, takes payments back and sees the statements, with their own account."
        ),
        render_kw={"inputmode": "numeric", "width": "medium"},
    )
