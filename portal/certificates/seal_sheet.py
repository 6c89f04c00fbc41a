"""印鑑登録証明書: form and items of 印鑑登録証明事務処理要領 (since 2016 without sex; 旧氏 and 通称 where registered)."""

from dataclasses import dataclass, field
from datetime import date

from portal.certificates.sheets import Issuer, PersonOnRecord

ATTESTATION = "この写しは、登録されている印影と相違ないことを証明する。"


@dataclass(frozen=True, kw_only=True)
class SealCertificate:
    """`impression` is the registered PNG, `millimetres` its true size (width, height)."""

    person: PersonOnRecord
    address: str
    impression: bytes = field(repr=False)
    millimetres: tuple[float, float]
    issuer: Issuer
    layout: str = "seal"

    def title(self) -> str:
        return "印鑑登録証明書"

    def facts(self) -> dict[str, object]:
        person = self.person
        others = (("旧　　氏", person.former_name), ("通　　称", person.alias))
        return {
            "rows": [
                ["氏　　名", person.name],
                *([label, name] for label, name in others if name),
                ["生年月日", person.born],
                ["住　　所", self.address],
            ],
            "impression": list(self.impression),
            "impression_size": list(self.millimetres),
            "attestation": ATTESTATION,
            "issuer_title": self.issuer.title,
            "issuer_name": self.issuer.name,
            "seal": self.issuer.seal,
        }

    def names(self) -> list[str]:
        return [self.person.name, self.person.former_name, self.person.alias, self.address, self.issuer.name]

    def births(self) -> list[date]:
        return [self.person.born_on]

    def claims(self) -> dict[str, object]:
        """The impression itself is too large for a code; the paper's own image is compared with the PDF."""
        return {
            "title": self.title(),
            "by": self.issuer.title,
            "address": self.address,
            "persons": [{"name": self.person.name, "born": self.person.born_on.isoformat()}],
        }
