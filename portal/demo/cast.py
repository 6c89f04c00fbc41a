"""The named people of demo, tests, pictures and docs. All are 架空 (fictitious) and say so in their name.

Standard library only, so that every program may read it. Phone numbers begin 090-0 and 043-0, which the
numbering plan (電気通信番号計画) gives to nobody; mail ends in @example.jp (reserved by JPRS); no such blocks exist.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Resident:
    """A resident of the demo city; `persona` names the card, `login_id` the account ("" means none)."""

    persona: str
    login_id: str
    password: str
    addressee_number: str
    household_number: str
    relation: str
    name: str
    kana: str
    birth_date: date
    sex: str
    postal_code: str
    ward: str
    town: str
    block: str
    building: str
    domicile: str
    domicile_head: str
    moved_in: date
    previous_address: str
    alias: str = ""
    alias_kana: str = ""
    nationality: str = "日本"
    language: str = "ja"
    phone: str = ""
    email: str = ""
    auth_pin: str = ""
    sign_pin: str = ""
    number: str = ""
    moved_out: date | None = None
    protected: bool = False
    fictitious: bool = True
    left_because: str = ""
    former_name: str = ""
    address_since: date | None = None
    notified_on: date | None = None
    residence_category: str = ""
    residence_status: str = ""
    residence_period: str = ""
    residence_until: date | None = None
    residence_card: str = ""

    @property
    def address(self) -> str:
        """The whole address in one line, as on a card."""
        line = f"千葉県千葉市{self.ward}{self.town}{self.block}"
        return f"{line} {self.building}" if self.building else line


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff; `roles` are values of portal.core.permissions.Role."""

    login_id: str
    password: str
    name: str
    kana: str
    office: str
    section: str
    roles: tuple[str, ...]
    email: str
    does: str


def individual_number(serial: int) -> str:
    """A 個人番号 of nobody: 9000000 + four digits + check digit (平成26年総務省令第85号第5条)."""
    body = f"9000000{serial:04d}"
    total = sum(int(sign) * (n + 1 if n <= 6 else n - 5) for n, sign in enumerate(reversed(body), start=1))
    rest = total % 11
    return f"{body}{0 if rest <= 1 else 11 - rest}"


_CHUO_HOME: dict[str, Any] = {
    "household_number": "900000000000001",
    "postal_code": "2600013",
    "ward": "中央区",
    "town": "中央",
    "block": "3丁目99番1号",
    "building": "架空マンション101",
    "domicile": "千葉県千葉市中央区中央3丁目99番地",
    "domicile_head": "架空 太郎",
    "previous_address": "千葉県千葉市花見川区幕張町9丁目9999番地",
}  # fmt: skip

TARO = Resident(
    persona="taro",
    login_id="taro",
    password="taro-demo-takoage-2026",
    addressee_number="900000000000002",
    relation="世帯主",
    name="架空 太郎",
    kana="カクウ タロウ",
    birth_date=date(1990, 8, 3),
    sex="male",
    moved_in=date(2021, 4, 1),
    phone="09000000002",
    email="taro@example.jp",
    auth_pin="2468",
    sign_pin="TARO2026",
    number=individual_number(2),
    **_CHUO_HOME,
)
HANAKO = Resident(
    persona="hanako",
    login_id="hanako",
    password="hanako-demo-sakuramochi-2026",
    addressee_number="900000000000001",
    relation="妻",
    name="架空 花子",
    kana="カクウ ハナコ",
    birth_date=date(1992, 4, 12),
    sex="female",
    moved_in=date(2021, 4, 1),
    phone="09000000001",
    email="hanako@example.jp",
    auth_pin="1234",
    sign_pin="HANAKO2026",
    number=individual_number(1),
    **_CHUO_HOME,
)
SAKURA = Resident(
    persona="sakura",
    login_id="",
    password="",
    addressee_number="900000000000003",
    relation="子",
    name="架空 さくら",
    kana="カクウ サクラ",
    birth_date=date(2025, 5, 5),
    sex="female",
    moved_in=date(2025, 5, 5),
    number=individual_number(3),
    **{**_CHUO_HOME, "previous_address": ""},
)
ICHIRO = Resident(
    persona="ichiro",
    login_id="ichiro",
    password="ichiro-demo-hanabi-2026",
    addressee_number="900000000000004",
    household_number="900000000000004",
    relation="世帯主",
    name="架空 一郎",
    kana="カクウ イチロウ",
    birth_date=date(1948, 2, 10),
    sex="male",
    postal_code="2640028",
    ward="若葉区",
    town="桜木",
    block="8丁目99番9号",
    building="",
    domicile="千葉県千葉市若葉区桜木8丁目99番地",
    domicile_head="架空 一郎",
    moved_in=date(1979, 10, 1),
    previous_address="東京都架空区架空町1番地",
    phone="0430000004",
    email="ichiro@example.jp",
    auth_pin="4649",
    sign_pin="ICHIRO2026",
    number=individual_number(4),
)
MARIA = Resident(
    persona="maria", login_id="maria", password="maria-demo-marimba-2026", addressee_number="900000000000005",
    household_number="900000000000005", relation="世帯主", name="SAMPLE MARIA", kana="サンプル マリア", alias="架空 マリア",
    alias_kana="カクウ マリア", nationality="ペルー", language="es", birth_date=date(1995, 7, 21), sex="female",
    postal_code="2610004", ward="美浜区", town="高洲", block="4丁目99番2号", building="架空ハイツ203", domicile="",
    domicile_head="", moved_in=date(2023, 9, 15), notified_on=date(2023, 9, 20), previous_address="",
    residence_category="中長期在留者", residence_status="技術・人文知識・国際業務", residence_period="5年",
    residence_until=date(2028, 9, 14), residence_card="ZZ00000005ZZ", phone="09000000005", email="maria@example.jp",
    auth_pin="1357", sign_pin="MARIA2026", number=individual_number(5),
)  # fmt: skip

_MIDORI_HOME: dict[str, Any] = {
    "household_number": "900000000000006", "postal_code": "2660031", "ward": "緑区", "town": "おゆみ野",
    "block": "9丁目99番6号", "building": "架空ハウス305", "domicile": "千葉県千葉市緑区おゆみ野9丁目99番地",
    "domicile_head": "架空 海斗", "previous_address": "千葉県千葉市稲毛区稲毛東9丁目9999番地",
}  # fmt: skip

KAITO = Resident(
    persona="kaito", login_id="kaito", password="kaito-demo-hokakebune-2026", addressee_number="900000000000006",
    relation="世帯主", name="架空 海斗", kana="カクウ カイト", birth_date=date(1987, 11, 2), sex="male",
    moved_in=date(2019, 4, 1),
    phone="09000000006", email="kaito@example.jp", number=individual_number(6), **_MIDORI_HOME,
)  # fmt: skip
AOI = Resident(
    persona="aoi", login_id="aoi", password="aoi-demo-hikkoshisoba-2026", addressee_number="900000000000007",
    relation="妻", name="架空 葵", kana="カクウ アオイ", birth_date=date(1988, 6, 15), sex="female",
    moved_in=date(2019, 4, 1),
    phone="09000000007", email="aoi@example.jp", number=individual_number(7), **_MIDORI_HOME,
)  # fmt: skip
HINATA = Resident(
    persona="hinata", login_id="", password="", addressee_number="900000000000008", relation="子", name="架空 ひなた",
    kana="カクウ ヒナタ", birth_date=date(2018, 6, 10), sex="female", moved_in=date(2019, 4, 1),
    number=individual_number(8), **_MIDORI_HOME,
)  # fmt: skip
MINATO = Resident(
    persona="minato", login_id="", password="", addressee_number="900000000000009", relation="子", name="架空 みなと",
    kana="カクウ ミナト", birth_date=date(2022, 9, 20), sex="male", moved_in=date(2022, 9, 20),
    number=individual_number(9), **{**_MIDORI_HOME, "previous_address": ""},
)  # fmt: skip

SENDER = Staff(
    login_id="fumiko", password="fumiko-demo-otegami-2026", name="架空 文子", kana="カクウ フミコ",
    office="市役所", section="こども家庭支援課", roles=("sender",), email="fumiko@example.jp", does="writes notices",
)  # fmt: skip
PROCESSOR = Staff(
    login_id="naoto", password="naoto-demo-enpitsu-2026", name="架空 直人", kana="カクウ ナオト",
    office="集中処理センター", section="集中処理センター", roles=("processor",),
    email="naoto@example.jp", does="checks pre-applications before the visit",
)  # fmt: skip
WINDOW = Staff(
    login_id="madoka", password="madoka-demo-madoguchi-2026", name="架空 まどか", kana="カクウ マドカ",
    office="中央区役所", section="市民総合窓口課", roles=("window",),
    email="madoka@example.jp", does="serves the express window",
)  # fmt: skip
WINDOW_SUPERVISOR = Staff(
    login_id="mitsuru", password="mitsuru-demo-sunadokei-2026", name="架空 満", kana="カクウ ミツル",
    office="中央区役所", section="市民総合窓口課", roles=("window-supervisor",),
    email="mitsuru@example.jp", does="watches over the window and its figures",
)  # fmt: skip
REGISTRAR = Staff(
    login_id="kiroku", password="kiroku-demo-daichou-2026", name="架空 記録", kana="カクウ キロク",
    office="市役所", section="区政推進課", roles=("registrar",),
    email="kiroku@example.jp", does="imports the resident register",
)  # fmt: skip
OPERATOR = Staff(
    login_id="kikai", password="kikai-demo-nejimawashi-2026", name="架空 機械", kana="カクウ キカイ",
    office="市役所", section="情報システム課", roles=("operator",),
    email="kikai@example.jp", does="enrols kiosks, terminals and staff",
)  # fmt: skip
SECURITY_MANAGER = Staff(
    login_id="mamoru", password="mamoru-demo-kagiana-2026", name="架空 守", kana="カクウ マモル",
    office="市役所", section="こども家庭支援課", roles=("security-manager",),
    email="mamoru@example.jp", does="asks about unusual looks at personal data",
)  # fmt: skip
AUDITOR = Staff(
    login_id="akira", password="akira-demo-mushimegane-2026", name="架空 明", kana="カクウ アキラ",
    office="市役所", section="監査委員事務局", roles=("auditor",), email="akira@example.jp", does="reads the audit record",
)  # fmt: skip
SECOND_PROCESSOR = Staff(
    login_id="nozomi", password="nozomi-demo-monosashi-2026", name="架空 希", kana="カクウ ノゾミ",
    office="集中処理センター", section="集中処理センター", roles=("processor",), email="nozomi@example.jp",
    does="is the second person who confirms decisions",
)  # fmt: skip
SUPERVISOR = Staff(
    login_id="tsukasa", password="tsukasa-demo-bunchin-2026", name="架空 司", kana="カクウ ツカサ",
    office="集中処理センター", section="集中処理センター", roles=("supervisor",), email="tsukasa@example.jp",
    does="leads the processing centre and takes over cases",
)  # fmt: skip
EXPERT = Staff(
    login_id="hagumi", password="hagumi-demo-tsumiki-2026", name="架空 育", kana="カクウ ハグミ", office="市役所",
    section="こども家庭支援課", roles=("processor", "expert"), email="hagumi@example.jp",
    does="works on her section's cases and gives expert opinions",
)  # fmt: skip
RESIDENTS = (TARO, HANAKO, SAKURA, ICHIRO, MARIA, KAITO, AOI, HINATA, MINATO)
APPROVER = Staff(
    login_id="misato", password="misato-demo-hanko-2026", name="架空 美里", kana="カクウ ミサト",
    office="市役所", section="こども家庭支援課", roles=("approver",), email="misato@example.jp", does="approves notices",
)  # fmt: skip
BUYER = Staff(
    login_id="kaoru", password="kaoru-demo-chotatsu-2026", name="架空 かおる", kana="カクウ カオル",
    office="市役所", section="契約課", roles=("buyer",), email="kaoru@example.jp", does="writes tenders",
)  # fmt: skip
BUYING_CHIEF = Staff(
    login_id="tetsuo", password="tetsuo-demo-nyusatsu-2026", name="架空 哲夫", kana="カクウ テツオ",
    office="市役所", section="契約課", roles=("buying-chief", "body-admin"), email="tetsuo@example.jp", does="suspends",
)  # fmt: skip
POINTS_KEEPER = Staff(
    login_id="megumi", password="megumi-demo-hanabatake-2026", name="架空 めぐみ", kana="カクウ メグミ", office="市役所",
    section="市民自治推進課", roles=("points-keeper",), email="megumi@example.jp", does="runs programmes of citizen points",
)  # fmt: skip
POINTS_CHIEF = Staff(
    login_id="yutaka", password="yutaka-demo-inaho-2026", name="架空 豊", kana="カクウ ユタカ", office="市役所",
    section="市民自治推進課", roles=("points-chief",), email="yutaka@example.jp", does="approves programmes of points",
)  # fmt: skip
LICENSER = Staff(
    login_id="ritsuko", password="ritsuko-demo-kyoka-2026", name="架空 律子", kana="カクウ リツコ", office="市役所",
    section="産業支援課", roles=("licenser", "processor", "body-admin"), email="ritsuko@example.jp", does="licences",
)  # fmt: skip

STAFF = (
    SENDER, PROCESSOR, WINDOW, REGISTRAR, OPERATOR, SECURITY_MANAGER, AUDITOR, SECOND_PROCESSOR, SUPERVISOR, EXPERT,
    WINDOW_SUPERVISOR, APPROVER, BUYER, BUYING_CHIEF, POINTS_KEEPER, POINTS_CHIEF, LICENSER,
)  # fmt: skip


def residents(today: date) -> tuple[Resident, ...]:
    """The residents as of `today`: さくら stays under 3, or the demo's notice would reach nobody later; of the family
    of four one child stays at school and one below school age."""
    ages = {"sakura": 1, "hinata": 8, "minato": 4}
    return tuple(_aged(one, today, ages[one.persona]) if one.persona in ages else one for one in RESIDENTS)


def _aged(child: Resident, today: date, age: int) -> Resident:
    """A child born so many calendar years ago, and living here since."""
    born = child.birth_date.replace(year=today.year - age)
    return replace(child, birth_date=born, moved_in=born)


# How a card says it (ISO/IEC 5218).
SEX_ON_CARDS = {"male": "1", "female": "2"}


# What is on a city card of the demo, by service; ids have nothing in common, so that no two can be linked by them.
CARD_SERVICES = ("library", "sports", "facility", "points", "emergency", "shelter", "portal")
EMERGENCY = json.dumps(
    {
        "note": "架空の例です。実在の人の情報ではありません。",
        "blood": "A+",
        "allergies": ["ペニシリン", "そば"],
        "illnesses": ["高血圧（2019年から）", "気管支ぜんそく（軽症）"],
        "medicines": ["アムロジピン 5mg 1日1回 朝", "吸入ステロイド 1日2回"],
        "contact": "家族に連絡するときは、市の緊急連絡窓口（架空）へ",
    },
    ensure_ascii=False,
    separators=(",", ":"),
)
CARD_PAYLOADS = {"points": "regular", "emergency": EMERGENCY}


BLANK_CARDS = (
    replace(KAITO, auth_pin="5678", sign_pin="KAITO2026"),
    replace(AOI, auth_pin="6789", sign_pin="AOI2026"),
    replace(AOI, persona="blank", name="架空 予備", kana="カクウ ヨビ", auth_pin="7890", sign_pin="BLANK2026",
            number=individual_number(99)),
)  # fmt: skip
"""Cards nobody registered: what is on them was printed and nothing was written."""


def card_id(persona: str) -> str:
    """The city card's own id: 20 hex digits."""
    return _drawn("card", persona)[:20]


def service_number(service: str, persona: str) -> str:
    """The number by which a service knows somebody."""
    return f"{int(_drawn(service, persona)[:12], 16) % 10**10:010d}"


def _drawn(purpose: str, persona: str) -> str:
    return hashlib.sha256(f"omatome demo {purpose} {persona}".encode()).hexdigest()


def _on_card(persona: str) -> dict[str, dict[str, str]]:
    return {
        service: {"id": service_number(service, persona)}
        | ({"payload": CARD_PAYLOADS[service]} if service in CARD_PAYLOADS else {})
        for service in CARD_SERVICES
    }


def personas() -> list[dict[str, Any]]:
    """Everybody with a card, for the card simulator: plain values, birth_date as ISO text; then those with nothing on them.

    The city has not met these yet: 海斗's and 葵's are to be registered and issued, the blank one replaces another.
    """
    known = [_persona(one) | {"services": _on_card(one.persona)} for one in RESIDENTS if one.auth_pin]
    return known + [_persona(one) | {"services": {}} for one in BLANK_CARDS]


def _persona(resident: Resident) -> dict[str, Any]:
    return {
        "persona": resident.persona,
        "name": resident.name,
        "kana": resident.kana,
        "birth_date": resident.birth_date.isoformat(),
        "sex": SEX_ON_CARDS[resident.sex],
        "address": resident.address,
        "number": resident.number,
        "auth_pin": resident.auth_pin,
        "sign_pin": resident.sign_pin,
        "card_id": card_id(resident.persona),
    }
