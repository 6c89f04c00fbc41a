"""Settings, typed, from the environment (`PORTAL_…`). Production refuses to start with demo secrets."""

from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET = "demo-secret-that-production-refuses-to-start-with"


class Mode(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything a city sets. Each field is the environment variable PORTAL_<FIELD>.

    `card_ocsp_url` is where the issuer of the cards tells whether a certificate is still good ("": its list alone counts).
    `outbox_days` is how long work that was done stays readable. `waiting_room_limit` is how many people are served at
    once; the others wait in line (0: no waiting room).
    """

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True)

    mode: Mode = Mode.DEMO
    state_dir: Path = Path(".state")
    database_url: str = ""
    master_secret: SecretStr = SecretStr(DEMO_SECRET)
    base_url: str = "http://127.0.0.1:8000"
    bridge_url: str = "http://127.0.0.1:8200"
    city_name: str = "架空の千葉市"
    card_ca_file: Path | None = None
    card_ocsp_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    idle_minutes: int = Field(default=15, ge=2, le=60)
    outbox_days: int = Field(default=30, ge=1)
    session_hours: int = Field(default=12, ge=1, le=24)
    waiting_room_limit: int = Field(default=0, ge=0)
    trusted_proxies: int = Field(default=0, ge=0, le=5)

    @model_validator(mode="after")
    def _refuse_demo_secrets(self) -> Self:
        if self.mode is Mode.PRODUCTION:
            secret = self.master_secret.get_secret_value()
            if secret == DEMO_SECRET or len(secret) < 32:
                raise ValueError("PORTAL_MASTER_SECRET: production needs a secret of its own, 32 signs or more")
            if not self.base_url.startswith("https://"):
                raise ValueError("PORTAL_BASE_URL: production is served over https")
        return self

    @property
    def demo(self) -> bool:
        return self.mode is Mode.DEMO

    @property
    def hosts(self) -> list[str] | None:
        """The names this portal answers to; None for any (the demo, whose addresses are made at its start)."""
        return None if self.demo else [urlsplit(self.base_url).hostname or "", "localhost", "127.0.0.1", "[::1]"]

    @property
    def url(self) -> str:
        """The database; SQLite in the state directory unless PORTAL_DATABASE_URL says otherwise."""
        return self.database_url or f"sqlite:///{self.state_dir.resolve()}/portal.db"

    @property
    def master(self) -> bytes:
        return self.master_secret.get_secret_value().encode()

    @property
    def clock_file(self) -> Path:
        """Where the demo keeps its clock's shift."""
        return self.state_dir / "clock-shift"

    @property
    def bridge_pairing(self) -> str:
        """What staff pages show the card bridge of this city's terminals; "" where none was paired."""
        file = self.state_dir / "bridge.pairing"
        return file.read_text("ascii").strip() if file.exists() else ""

    @property
    def card_ca(self) -> Path:
        """The certificates (PEM) of the authorities whose card certificates are accepted."""
        return self.card_ca_file or self.state_dir / "cards" / "ca.pem"
