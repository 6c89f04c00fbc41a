"""The named people of demo, tests, pictures and docs. All are 架空 (fictitious) and say so in their name.

Standard library only, so that every program may read it. Phone numbers begin 090-0 and 043-0, which the
numbering plan (電気通信番号計画) gives to nobody; mail ends in @example.jp (reserved by JPRS); no such blocks exist.
"""

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


@dataclass(frozen=True, slots=True)
class Company:
    """A business with its officer; its 法人番号 has a sound check digit and registry office 9999 (none)."""

    login_id: str
    password: str
    corporate_number: str
    name: str
    kana: str
    ward: str
    address: str
    phone: str
    email: str
    officer: str
    officer_kana: str


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
    persona="maria",
    login_id="maria",
    password="maria-demo-marimba-2026",
    addressee_number="900000000000005",
    household_number="900000000000005",
    relation="世帯主",
    name="SAMPLE MARIA",
    kana="サンプル マリア",
    alias="架空 マリア",
    alias_kana="カクウ マリア",
    nationality="ペルー",
    language="es",
    birth_date=date(1995, 7, 21),
    sex="female",
    postal_code="2610004",
    ward="美浜区",
    town="高洲",
    block="4丁目99番2号",
    building="架空ハイツ203",
    domicile="",
    domicile_head="",
    moved_in=date(2023, 9, 15),
    previous_address="",
    phone="09000000005",
    email="maria@example.jp",
    auth_pin="1357",
    sign_pin="MARIA2026",
    number=individual_number(5),
)

SENDER = Staff(
    login_id="fumiko",
    password="fumiko-demo-otegami-2026",
    name="架空 文子",
    kana="カクウ フミコ",
    office="市役所",
    section="こども家庭支援課",
    roles=("sender",),
    email="fumiko@example.jp",
    does="writes notices",
)
PROCESSOR = Staff(
    login_id="naoto",
    password="naoto-demo-enpitsu-2026",
    name="架空 直人",
    kana="カクウ ナオト",
    office="集中処理センター",
    section="集中処理センター",
    roles=("processor",),
    email="naoto@example.jp",
    does="checks pre-applications before the visit",
)
WINDOW = Staff(
    login_id="madoka",
    password="madoka-demo-madoguchi-2026",
    name="架空 まどか",
    kana="カクウ マドカ",
    office="中央区役所",
    section="市民総合窓口課",
    roles=("window",),
    email="madoka@example.jp",
    does="serves the express window",
)
REGISTRAR = Staff(
    login_id="kiroku",
    password="kiroku-demo-daichou-2026",
    name="架空 記録",
    kana="カクウ キロク",
    office="市役所",
    section="区政推進課",
    roles=("registrar",),
    email="kiroku@example.jp",
    does="imports the resident register",
)
OPERATOR = Staff(
    login_id="kikai",
    password="kikai-demo-nejimawashi-2026",
    name="架空 機械",
    kana="カクウ キカイ",
    office="市役所",
    section="情報システム課",
    roles=("operator",),
    email="kikai@example.jp",
    does="enrols kiosks, terminals and staff",
)
SECURITY_MANAGER = Staff(
    login_id="mamoru",
    password="mamoru-demo-kagiana-2026",
    name="架空 守",
    kana="カクウ マモル",
    office="市役所",
    section="こども家庭支援課",
    roles=("security-manager",),
    email="mamoru@example.jp",
    does="asks about unusual looks at personal data",
)
AUDITOR = Staff(
    login_id="akira",
    password="akira-demo-mushimegane-2026",
    name="架空 明",
    kana="カクウ アキラ",
    office="市役所",
    section="監査委員事務局",
    roles=("auditor",),
    email="akira@example.jp",
    does="reads the audit record",
)
COMPANY = Company(
    login_id="kakuu-shoten",
    password="shoten-demo-soroban-2026",
    corporate_number="7999901000001",
    name="株式会社架空商店",
    kana="カブシキガイシャカクウショウテン",
    ward="中央区",
    address="千葉県千葉市中央区千葉港9番99号",
    phone="0430000009",
    email="shoten@example.jp",
    officer="架空 商子",
    officer_kana="カクウ ショウコ",
)

RESIDENTS = (TARO, HANAKO, SAKURA, ICHIRO, MARIA)
STAFF = (SENDER, PROCESSOR, WINDOW, REGISTRAR, OPERATOR, SECURITY_MANAGER, AUDITOR)


def residents(today: date) -> tuple[Resident, ...]:
    """The residents as of `today`: さくら stays under 3, or the demo's notice would reach nobody later."""
    born = SAKURA.birth_date.replace(year=today.year - 1)
    sakura = replace(SAKURA, birth_date=born, moved_in=born)
    return tuple(sakura if resident is SAKURA else resident for resident in RESIDENTS)


# How a card says it (ISO/IEC 5218).
SEX_ON_CARDS = {"male": "1", "female": "2"}


def personas() -> list[dict[str, Any]]:
    """Everybody with a card, for the card simulator: plain values, birth_date as ISO text."""
    return [
        {
            "persona": resident.persona,
            "name": resident.name,
            "kana": resident.kana,
            "birth_date": resident.birth_date.isoformat(),
            "sex": SEX_ON_CARDS[resident.sex],
            "address": resident.address,
            "number": resident.number,
            "auth_pin": resident.auth_pin,
            "sign_pin": resident.sign_pin,
        }
        for resident in RESIDENTS
        if resident.auth_pin
    ]
