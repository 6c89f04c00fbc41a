"""Which papers there are, what is asked about each, and what they cost."""

from datetime import date

import pytest

from portal.certificates import kinds, rules
from portal.certificates.kinds import EXEMPTIONS, Channel, Kind, Purpose

TODAY = date(2026, 11, 23)
MAY = date(2026, 5, 31)
RECORD = {"scope": "self", "relation": "no", "domicile": "no"}
GENERAL = {"number": "no", "purpose": "general"}


def names(kind: Kind, channel: Channel) -> list[str]:
    return [option.name for option in kinds.questions(kind, channel, TODAY)]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_fee_at_every_channel_and_the_window_is_dearest(kind: Kind) -> None:
    fees = {channel: kinds.fee(kind, channel) for channel in Channel}
    assert fees[Channel.WINDOW] == max(fees.values())
    assert min(fees.values()) > 0


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.GENERAL])
def test_a_purpose_frees_the_kinds_its_law_names_and_no_other(purpose: Purpose) -> None:
    free = {kind for kind in Kind if kinds.fee(kind, Channel.ONLINE, purpose=purpose) == 0}
    assert free == set(EXEMPTIONS[purpose].kinds)
    for kind in Kind:
        offered = {
            choice.value
            for option in kinds.questions(kind, Channel.WINDOW, TODAY)
            if option.name == "purpose"
            for choice in option.choices
        }
        assert (purpose in offered) == (kind in free)


@pytest.mark.parametrize("kind", Kind)
def test_the_machine_asks_for_no_purpose_and_no_part_and_never_for_a_personal_number(kind: Kind) -> None:
    assert "purpose" not in names(kind, Channel.KIOSK)
    for channel in (Channel.KIOSK, Channel.ONLINE):
        for option in kinds.questions(kind, channel, TODAY):
            assert "number" not in option.name
            assert channel is not Channel.KIOSK or not option.allows("part")


@pytest.mark.parametrize(("day", "newest"), [(TODAY, 2026), (date(2026, 6, 1), 2026), (MAY, 2025)])
def test_a_years_tax_papers_exist_from_june(day: date, newest: int) -> None:
    (years,) = kinds.questions(Kind.INCOME, Channel.KIOSK, day)
    assert [choice.value for choice in years.choices] == [str(newest - back) for back in range(3)]


def test_a_fiscal_year_is_named_in_both_calendars() -> None:
    (years,) = kinds.questions(Kind.TAX_PAYMENT, Channel.KIOSK, TODAY)
    assert years.choices[0].facts == {"year": 2026, "era": "令和8年度"}


@pytest.mark.parametrize(
    ("kind", "options", "channel", "right"),
    [
        ("seal", {}, Channel.KIOSK, True),
        ("seal", {"scope": "self"}, Channel.KIOSK, False),
        ("income", {"year": "2026", "purpose": "welfare"}, Channel.ONLINE, True),
        ("income", {"year": "2026", "purpose": "pension"}, Channel.ONLINE, False),
        ("income", {"year": "2019"}, Channel.KIOSK, False),
        ("record-items", RECORD | {"previous": "yes"}, Channel.KIOSK, True),
        ("record-items", RECORD, Channel.KIOSK, False),
        ("resident-record", RECORD | GENERAL | {"scope": "part", "members": "x"}, Channel.WINDOW, True),
        ("resident-record", RECORD | {"scope": "part", "number": "no", "purpose": "general"}, Channel.WINDOW, False),
        ("resident-record", RECORD | {"members": "x", "number": "no", "purpose": "general"}, Channel.WINDOW, False),
        ("resident-record", RECORD | {"scope": "part", "members": "x"}, Channel.KIOSK, False),
    ],
)
def test_only_what_a_channel_asks_can_be_answered(kind: str, options: dict, channel: Channel, right: bool) -> None:
    if right:
        assert rules.check_wish(kind, options, 1, channel, TODAY) == kind
    else:
        with pytest.raises(rules.OptionsWrong):
            rules.check_wish(kind, options, 1, channel, TODAY)
