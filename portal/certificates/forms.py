"""What is typed about a certificate: the numbers on the paper, and how staff settled an order."""

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from portal.certificates import service
from portal.certificates.service import Outcome
from portal.core.reference import read_reference
from portal.core.text import TextRefused, whole_number
from portal.web.forms import CityForm, DayField, Needed, TextField


def _code(typed: str) -> str:
    """The code of a paper, with words of its own: whoever checks one has no receipt to look at."""
    try:
        return read_reference(typed)
    except TextRefused:
        raise TextRefused("verification-code-mistyped") from None


class CheckForm(CityForm):
    """The two numbers at the foot of a paper; a date of birth once they are known."""

    number = TextField(reader=service.read_issue_number)
    code = TextField(reader=_code)
    born = DayField(needed=False)


class SettleForm(CityForm):
    """How an order of a machine was ended at the window; yen in any width."""

    outcome = RadioField(choices=[SelectChoice(str(one)) for one in Outcome], validators=[Needed()])
    amount = TextField(reader=lambda typed: str(whole_number(typed, least=0, most=100_000)), needed=False)

    @property
    def yen(self) -> int:
        return int(self.amount.data or 0)
