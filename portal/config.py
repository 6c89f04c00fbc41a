"""Settings, typed, from the environment (`PORTAL_…`). Production refuses to start with demo secrets."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal.core.crypto import derive_key
from portal.core.envelope import KeyRing, key_ring

LOOPBACK = ("127.0.0.1", "localhost")
DEMO_SECRET = "demo-secret-that-production-refuses-to-start-with"


class Mode(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything a city sets. Each field is the environment variable PORTAL_<FIELD>.

    `card_ocsp_url` is where the issuer of the cards tells whether a certificate is still good ("": its list alone
    counts). `card_writer_url` is where the program listens that writes city cards (`card-reader writer`; "": none are
    written); its token lies in writer.token of the state folder. `card_issuer` is the code of this municipality
    (全国地方公共団体コード) as the entries of city cards name it; several may share one kind of card. `outbox_days` is how
    long work that was done stays readable. `waiting_room_limit` is how many people are served at
    once; the others wait in line (0: no waiting
    room). `proof_of_work_bits` is how hard the task is that a browser solves before a reservation is taken: each bit
    more doubles it, 15 take a phone about a second (0: no task). `export_dir` is where decided cases are laid as
    files for sections' own systems (none: they only fetch them). `file_megabytes` is the most one file that is handed
    in may have, `case_megabytes` all files of one case together; `file_keys` are the keys that wrap their keys
    ("id=BASE64,…", the current one first; none: derived from the master secret), `clamd` where a scanner listens
    ("/path/of/socket" or "host:port"; "": none).
    `smtp_url` is the mail server ("smtps://user:password@host", "smtp+starttls://host:587"; "": no mail leaves the
    portal), `mail_from` the address mail comes from. `push_contact` is whom push services ask when something is wrong
    ("mailto:…" or "https://…"; "" in production: no push), `push_key` the key that names this portal to them (a P-256
    scalar in base64url; "": derived from the master secret; with another key every device has to be added again), and
    `push_hosts` are push services besides the well-known ones ("host,host"; the demo's may be on this machine).
    `staff_mail_domain` is where a clerk's own mail goes, by the sign-in name (name@domain; "": no test sends).
    `bounce_dir` is the Maildir of the address `mail_bounces` (with + parts of its own, RFC 5233), where mail that could
    not be delivered comes back to; both or neither.
    `line_url` is LINE's Messaging API (https://api.line.me; "": no LINE), with the official account's `line_token`,
    `line_secret` and `line_name` (@…).
    `sms_url` is where a gateway takes text messages (portal.mailbox.channels.text_messages; "": none are sent), with
    `sms_token`, from the name `sms_from`. `webhook_hosts` are the hosts of sections' systems that may be told what
    became of their notices ("host,host"). `send_limit` is how many sending calls one key or machine may make a minute.
    `touch_points_alone` is the most points a city card pays in shops by itself in a day; for more its holder agrees on the
    phone, with a fresh passkey or card (0: always). `approval_over`: a notice to more people than this is approved by a
    second person of the section; `letter_yen` is what a letter on paper costs
    (定形郵便物 50g: 110 yen since 2024-10). `seal_certificate` (PEM, the seal's own
    first, then those above it) and `seal_key` (PEM, RSA or P-256) are the electronic seal of PDF certificates; with
    `seal_token` (RFC 7512, "pkcs11:token=…;object=…?module-path=…", an RSA key) and `seal_pin` the key stays in a
    token. None: the demo's own. `time_stamp_url` is a time-stamping authority (RFC 3161) for certificates that are
    delivered as files, with name and password in it where it asks for them ("": none).
    `gbizid_issuer` is the OpenID provider of companies
    ("": companies cannot sign in), with the id and secret under which it knows this portal. `ocid_prefix` is what the ids of
    this city's tenders begin with (the Open Contracting Partnership gives one to each publisher). `payment_url` is the
    payment service for fees (portal/certificates/online/README.md; "": fees are paid at windows), with `payment_token`.
    `payout_account` is the city's own account for payments to shops (number of the payer:bank:branch:kind:number, as the
    bank gave them), `payout_name` its holder in kana. `exchange_url` is where citizen points are exchanged for private
    ones (portal/points/exchange/README.md; "": nowhere), with `exchange_token`, and `exchange_name` what residents call it.
    `number_keys` are the keys that wrap personal numbers, written as `file_keys` and never the same.
    """

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True, hide_input_in_errors=True)

    mode: Mode = Mode.DEMO
    state_dir: Path = Path(".state")
    database_url: str = ""
    master_secret: SecretStr = SecretStr(DEMO_SECRET)
    base_url: str = "http://127.0.0.1:8000"
    bridge_url: str = "http://127.0.0.1:8200"
    card_writer_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    card_issuer: str = Field(default="121002", pattern=r"^[0-9]{6}$")
    city_name: str = "架空の千葉市"
    card_ca_file: Path | None = None
    card_ocsp_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    idle_minutes: int = Field(default=15, ge=2, le=60)
    outbox_days: int = Field(default=30, ge=1)
    session_hours: int = Field(default=12, ge=1, le=24)
    waiting_room_limit: int = Field(default=0, ge=0)
    proof_of_work_bits: int = Field(default=15, ge=0, le=24)
    export_dir: Path | None = None
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    file_megabytes: int = Field(default=10, ge=1, le=50)
    case_megabytes: int = Field(default=30, ge=1, le=200)
    file_keys: SecretStr = SecretStr("")
    clamd: str = Field(default="", pattern=r"^(/.+|[^/]+:\d+)?$")
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = Field(default="", pattern=r"^([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+)?$")
    staff_mail_domain: str = Field(default="", pattern=r"^([A-Za-z0-9-]+\.)*[A-Za-z0-9-]*$")
    mail_bounces: str = Field(default="", pattern=r"^([A-Za-z0-9._-]+@[A-Za-z0-9.-]+)?$")
    bounce_dir: Path | None = None
    line_url: str = Field(default="", pattern=r"^(https?://[A-Za-z0-9.:-]+)?$")
    line_token: SecretStr = SecretStr("")
    line_secret: SecretStr = SecretStr("")
    line_name: str = Field(default="", pattern=r"^(@[A-Za-z0-9._-]+)?$")
    push_contact: str = Field(default="", pattern=r"^((mailto:|https://)[!-~]+)?$")
    push_key: SecretStr = SecretStr("")
    push_hosts: str = Field(default="", pattern=r"^[A-Za-z0-9.:,-]*$")
    sms_url: SecretStr = SecretStr("")
    sms_token: SecretStr = SecretStr("")
    sms_from: str = Field(default="CITY", pattern=r"^[A-Za-z0-9+]{1,15}$")
    webhook_hosts: str = Field(default="", pattern=r"^[A-Za-z0-9.,:-]*$")
    send_limit: int = Field(default=3_000, ge=1)
    touch_points_alone: int = Field(default=1_000, ge=0)
    approval_over: int = Field(default=100, ge=0)
    letter_yen: int = Field(default=110, ge=0)
    seal_certificate: Path | None = None
    seal_key: Path | None = None
    seal_token: str = Field(default="", pattern=r"^(pkcs11:.+)?$")
    seal_pin: SecretStr = SecretStr("")
    time_stamp_url: SecretStr = SecretStr("")
    ocid_prefix: str = Field(default="ocds-demo00", pattern=r"^ocds-[a-z0-9]{6}$")
    gbizid_issuer: str = Field(default="", pattern=r"^(https?://[^?#]+)?$")
    gbizid_client_id: str = ""
    gbizid_client_secret: SecretStr = SecretStr("")
    payment_url: str = Field(default="", pattern=r"^(https?://[^/?#]+)?$")
    payment_token: SecretStr = SecretStr("")
    payout_account: str = Field(default="0000000000:0000:000:1:0000000", pattern=r"^\d{10}:\d{4}:\d{3}:[12]:\d{7}$")
    payout_name: str = Field(default="ｶｸｳﾉﾁﾊﾞｼ ｶｲｹｲｶﾝﾘｼﾔ", max_length=40)
    exchange_url: str = Field(default="", pattern=r"^(https?://[^/?#]+)?$")
    exchange_token: SecretStr = SecretStr("")
    exchange_name: str = Field(default="", max_length=60)
    number_keys: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _refuse_demo_secrets(self) -> Self:
        if self.mode is Mode.PRODUCTION:
            secret = self.master_secret.get_secret_value()
            if secret == DEMO_SECRET or len(secret) < 32:
                raise ValueError("PORTAL_MASTER_SECRET: production needs a secret of its own, 32 signs or more")
            if not self.base_url.startswith("https://"):
                raise ValueError("PORTAL_BASE_URL: production is served over https")
        return self

    @model_validator(mode="after")
    def _read_gbizid(self) -> Self:
        if self.gbizid_issuer and not (self.gbizid_client_id and self.gbizid_client_secret.get_secret_value()):
            raise ValueError("PORTAL_GBIZID_ISSUER: needs PORTAL_GBIZID_CLIENT_ID and PORTAL_GBIZID_CLIENT_SECRET")
        if self.mode is Mode.PRODUCTION and self.gbizid_issuer.startswith("http:"):
            raise ValueError("PORTAL_GBIZID_ISSUER: production asks over https")
        return self

    @model_validator(mode="after")
    def _read_file_keys(self) -> Self:
        _ = self.number_ring
        _ = self.file_ring  # a key that cannot be read is told at the start, not at the first file
        return self

    @model_validator(mode="after")
    def _read_channels(self) -> Self:
        """What cannot work is told at the start, not at the first message."""
        if url := self.smtp_url.get_secret_value():
            parts = urlsplit(url)
            if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname or not self.mail_from:
                raise ValueError("PORTAL_SMTP_URL: smtps://… or smtp+starttls://…, together with PORTAL_MAIL_FROM")
            if self.mode is Mode.PRODUCTION and parts.scheme == "smtp" and parts.hostname not in LOOPBACK:
                raise ValueError("PORTAL_SMTP_URL: mail leaves this machine encrypted: smtps:// or smtp+starttls://")
        if bool(self.mail_bounces) != bool(self.bounce_dir):
            raise ValueError("PORTAL_MAIL_BOUNCES and PORTAL_BOUNCE_DIR: both or neither")
        self._read_line()
        self._read_time_stamps()
        if not re.fullmatch(r"([A-Za-z0-9_-]{43})?", self.push_key.get_secret_value()):
            raise ValueError("PORTAL_PUSH_KEY: 32 bytes in base64url, without =")
        sms = urlsplit(self.sms_url.get_secret_value())
        if sms.geturl() and (sms.scheme not in ("http", "https") or not sms.hostname):
            raise ValueError("PORTAL_SMS_URL: https://…")
        if self.mode is Mode.PRODUCTION and sms.scheme == "http" and sms.hostname not in LOOPBACK:
            raise ValueError("PORTAL_SMS_URL: text messages leave this machine encrypted: https://")
        if self.mode is Mode.PRODUCTION and set(LOOPBACK) & {host.split(":")[0] for host in self.push_hosts.split(",")}:
            raise ValueError("PORTAL_PUSH_HOSTS: no push service is on this machine in production")
        return self

    def _read_line(self) -> None:
        if not self.line_url:
            return
        if not (self.line_token.get_secret_value() and self.line_secret.get_secret_value() and self.line_name):
            raise ValueError("PORTAL_LINE_URL: together with PORTAL_LINE_TOKEN, PORTAL_LINE_SECRET, PORTAL_LINE_NAME")
        if self.mode is Mode.PRODUCTION and not self.line_url.startswith("https://"):
            raise ValueError("PORTAL_LINE_URL: messages leave this machine encrypted: https://")

    def _read_time_stamps(self) -> None:
        """Only the digest of a file travels, and the answer is signed: plain http will do, but not for a password."""
        parts = urlsplit(self.time_stamp_url.get_secret_value())
        if parts.geturl() and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("PORTAL_TIME_STAMP_URL: https://…")
        if parts.password and parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("PORTAL_TIME_STAMP_URL: a password leaves this machine encrypted: https://")

    @property
    def file_ring(self) -> KeyRing:
        """The keys that wrap the keys of files."""
        return key_ring(self.master, self.file_keys.get_secret_value())

    @property
    def number_ring(self) -> KeyRing:
        """The keys of the vault of personal numbers, and of nothing else."""
        return key_ring(derive_key(self.master, "number-vault"), self.number_keys.get_secret_value())

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
        """The secret shared with the card bridges of this city's desks, which no page shows; "" where none was paired."""
        file = self.state_dir / "bridge.pairing"
        return file.read_text("ascii").strip() if file.exists() else ""

    @property
    def card_writer_token(self) -> str:
        """What the portal shows the writer of city cards; "" where there is none."""
        file = self.state_dir / "writer.token"
        return file.read_text("ascii").strip() if file.exists() else ""

    @property
    def card_ca(self) -> Path:
        """The certificates (PEM) of the authorities whose card certificates are accepted."""
        return self.card_ca_file or self.state_dir / "cards" / "ca.pem"
