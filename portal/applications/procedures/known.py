"""What the resident register, or what a company told before, may answer by itself."""

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
    COMPANY_NAME = "company.name"
    COMPANY_NUMBER = "company.number"
    COMPANY_ADDRESS = "company.address"
    COMPANY_POST = "company.post"
    COMPANY_HEAD = "company.head"
    COMPANY_HEAD_KANA = "company.head_kana"
    COMPANY_CONTACT = "company.contact"
    COMPANY_PHONE = "company.phone"
    COMPANY_EMAIL = "company.email"
    COMPANY_ITEMS = "company.items"
    COMPANY_CAPITAL = "company.capital"
    COMPANY_INVOICE = "company.invoice"
    COMPANY_ACCOUNT = "company.account"
    COMPANY_LICENCES = "company.licences"

    @property
    def of_company(self) -> bool:
        return self.startswith("company.")
