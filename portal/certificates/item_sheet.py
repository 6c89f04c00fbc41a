"""住民票記載事項証明書: the items asked for and nothing else (住民基本台帳法 12条1項)."""

from dataclasses import dataclass

from portal.certificates.sheets import Item, PersonOnRecord, ResidentRecord
from portal.core.wareki import japanese

ATTESTATION = "上記の事項は、住民票に記載されていることを証明する。"


@dataclass(frozen=True, kw_only=True)
class RecordItems(ResidentRecord):
    """The same people as a copy of the record, with fewer items: an item nobody asked for is not on the paper at all."""

    layout: str = "record_items"

    def title(self) -> str:
        return "住民票記載事項証明書"

    def facts(self) -> dict[str, object]:
        shared = [["住　　所", self.address]]
        if Item.RELATION in self.items:
            shared.append(["世 帯 主", self.head])
        return {
            "shared": shared,
            "persons": [self._rows(person) for person in self.persons],
            "attestation": ATTESTATION,
            "issuer_title": self.issuer.title,
            "issuer_name": self.issuer.name,
            "seal": self.issuer.seal,
        }

    def _rows(self, person: PersonOnRecord) -> list[list[str]]:
        foreign = person.foreign is not None
        found = [["フリガナ", person.kana], ["氏　　名", person.name]]
        found += [
            [label, name] for label, name in (("旧　　氏", person.former_name), ("通　　称", person.alias)) if name
        ]
        found.append(["生年月日", person.born, "性　　別", person.sex])
        if Item.RELATION in self.items:
            found.append(["続　　柄", person.relation])
        if Item.PREVIOUS in self.items:
            found.append(["前 住 所", person.previous_address or "なし"])
            since = "外国人住民となった年月日" if foreign else "住民となった年月日"
            found.append([since, japanese(person.resident_since), "住所を定めた年月日", japanese(person.address_since)])
            if person.notified_on:
                found.append(["届出年月日", japanese(person.notified_on)])
        return found + (self._origin(person) if Item.DOMICILE in self.items else [])

    def _origin(self, person: PersonOnRecord) -> list[list[str]]:
        status = person.foreign
        if status is None:
            return [["本　　籍", person.domicile], ["筆 頭 者", person.head_of_register]]
        return [[row.replace("\n", "") for row in pair] for pair in status.rows()]
