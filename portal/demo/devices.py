"""The machines of the demo: a kiosk, a section's system; private keys lie in the state folder."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey
from sqlalchemy.orm import Session

from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role
from portal.config import Settings
from portal.core.permissions import Scope
from portal.devices import rules, service


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the demo."""

    client_id: str
    name: str
    kind: rules.Kind
    office: str
    scope: Scope


MACHINES = (
    Machine("kiosk-chuo-1", "中央区役所 キオスク端末1", rules.Kind.KIOSK, "chuo", Scope.KIOSK),
    Machine("sender-kosodate", "こども家庭支援課 通知システム", rules.Kind.SENDER, "honcho", Scope.NOTICES),
    Machine("jidou-teate", "こども家庭支援課 児童手当システム", rules.Kind.RECEIVER, "honcho", Scope.CASES),
    Machine("shop-bakery", "みどりベーカリー（架空） レジ", rules.Kind.TERMINAL, "chuo", Scope.CARDS),
    Machine("host-midori", "みどりの会（架空） 受付端末", rules.Kind.TERMINAL, "chuo", Scope.CARDS),
    Machine("library-chuo", "中央図書館 カウンター1", rules.Kind.TERMINAL, "chuo", Scope.CARDS),
    Machine("register-sangyo", "産業支援課 許可台帳システム", rules.Kind.SENDER, "honcho", Scope.COMPANIES),
    Machine("grades-keiyaku", "契約課 入札参加資格システム", rules.Kind.SENDER, "honcho", Scope.GRADES),
)


SHOP, HOST = "shop-bakery", "host-midori"
PLACE = "中央図書館 1階カウンター"


def load(session: Session, settings: Settings) -> None:
    """Enrol the machines with the keys in the state folder; keys that are missing are made."""
    enrol_machines(session, settings.state_dir / "clients")
    terminals.give_role(session, "library-chuo", Role.LIBRARY, PLACE)
    terminals.give_role(session, SHOP, Role.POINTS, "みどりベーカリー（架空）")
    terminals.give_role(session, HOST, Role.POINTS, "みどりの会（架空） 受付")


def enrol_machines(session: Session, folder: Path) -> None:
    """Enrol MACHINES; one enrolled already gets the key of its file, so that the two always fit."""
    for machine in MACHINES:
        public_key = rules.read_public_key(json.dumps(_public(key_of(folder, machine.client_id))))
        known = service.find(session, machine.client_id)
        if known is not None:
            known.public_key, known.active = public_key, True
            continue
        service.enrol(
            session,
            client_id=machine.client_id,
            name=machine.name,
            kind=machine.kind,
            office=machine.office,
            scopes=[machine.scope],
            public_key=public_key,
        )


def key_of(folder: Path, client_id: str) -> ECKey:
    """The private key of a demo machine, from its file or made now (readable by its owner only)."""
    file = folder / f"{client_id}.jwk"
    if file.exists():
        return ECKey.import_key(json.loads(file.read_text()))
    key = ECKey.generate_key("P-256", private=True)
    key.ensure_kid()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(key.as_dict(private=True), opened)
    return key


def _public(key: ECKey) -> dict[str, object]:
    return dict(key.as_dict(private=False))
