"""What the resident register may answer by itself."""

from enum import StrEnum


class Known(StrEnum):
    """What the city knows already and need not ask: where a field's first answer comes from."""

    NAME = "resident.name"
    KANA = "resident.kana"
    BIRTH_DATE = "resident.birth_date"
    SEX = "resident.sex"
    ADDRESS = "resident.address"
    DOMICILE = "resident.domicile"
    DOMICILE_HEAD = "resident.domicile_head"
    PHONE = "resident.phone"
    EMAIL = "resident.email"
    HEAD = "household.head"
    MEMBERS = "household.members"
    CHILDREN = "household.children"
    PARTNER_NAME = "partner.name"
    PARTNER_KANA = "partner.kana"
    PARTNER_BIRTH_DATE = "partner.birth_date"
    HAS_PARTNER = "partner.exists"
