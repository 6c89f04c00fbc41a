"""Fictitious people and sheets for the tests of this room."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from portal.certificates.sheets import (
    ForeignStatus,
    Issuer,
    Item,
    Marks,
    PersonOnRecord,
    ResidentRecord,
    Scope,
)

KATSU, TSUJI = "葛\U000e0102", "辻\U000e0102"
"""Registered variants (Moji_Joho selectors): 葛 with 匃, 辻 with one dot."""

ORDER = UUID("0190c1de-0000-7000-8000-000000000001")
ISSUER = Issuer(title="千葉市中央区長", name="架空 守", seal="千葉市中央区長之印")
MARKS = Marks(
    order_id=ORDER,
    issue_number="2026-101-000123",
    verification_code="K7QM-3XPR-T2WH",
    verification_url="https://city.example/verify#2026-101-000123.K7QM-3XPR-T2WH",
    issued_at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
    issued_on=date(2026, 11, 23),
)
HANAKO = PersonOnRecord(
    name="架空 花子",
    kana="カクウ ハナコ",
    born_on=date(1992, 3, 4),
    sex="女",
    relation="世帯主",
    resident_since=date(2019, 5, 1),
    address_since=date(2024, 4, 1),
    previous_address="千葉県千葉市花見川区幕張町五丁目417番地の222",
    domicile="千葉県千葉市中央区千葉港一丁目1番",
    head_of_register="架空 太郎",
)
NEIGHBOUR = replace(
    HANAKO,
    name="KAKUU LAN ANH",
    kana="カクウ ラン アイン",
    alias="架空 蘭",
    relation="縁故者",
    foreign=ForeignStatus(
        nationality="ベトナム",
        category="中長期在留者",
        residence_status="技術・人文知識・国際業務",
        period="5年",
        expires_on=date(2029, 4, 1),
        card_number="AB00000000CD",
    ),
)


def family(size: int) -> list[PersonOnRecord]:
    """A household of `size` different people, all fictitious."""
    given = ("花子", "太郎", "結菜", "湊斗", "凛音", "陽翔", "紬希", "樹生")
    places = (
        *("港北区日吉本町", "桜新町弐丁目", "浦和区高砂", "豊平区月寒東"),
        *("道後湯之町", "八幡東区枝光", "名東区猪高台", "城陽市寺田"),
    )
    return [
        replace(
            HANAKO,
            name=f"架空 {name}",
            born_on=date(1990 + place, 3, 4),
            relation="子" if place else "世帯主",
            previous_address=f"{places[place]}{place + 1}番地の22",
        )
        for place, name in enumerate(given[:size])
    ]


def record(persons: list[PersonOnRecord], scope: Scope = Scope.HOUSEHOLD, *items: Item) -> ResidentRecord:
    return ResidentRecord(
        scope=scope,
        address="千葉県千葉市中央区千葉港1番1号 架空ハイツ203号室",
        head=persons[0].name,
        persons=persons,
        items=frozenset(items),
        issuer=ISSUER,
    )
