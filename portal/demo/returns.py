"""Mail that cannot be delivered comes back, as mail servers do it (RFC 3464): into a Maildir.

To an address at gone.example nobody is there; a box at full.example is full; at unwanted.example it is complained of.
"""

import os
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from pathlib import Path
from uuid import uuid4

WHY = {"gone.example": "5.1.1", "full.example": "5.2.2"}
UNWANTED = "unwanted.example"


def come_back(folder: Path, letter: Message, *, sender: str, to: str) -> bool:
    """Put the answer for *letter* into the Maildir, if *to* is such an address; *sender* is its envelope's."""
    host = to.rpartition("@")[2]
    if host not in WHY and host != UNWANTED:
        return False
    made = _complaint(sender) if host == UNWANTED else _report(sender, to, WHY[host])
    part = MIMENonMultipart("text", "rfc822-headers")
    part.set_payload(letter.as_bytes(policy=SMTP).partition(b"\r\n\r\n")[0].decode("ascii", "replace"))
    made.attach(part)
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    name = uuid4().hex
    (folder / "tmp" / name).write_bytes(made.as_bytes())
    os.rename(folder / "tmp" / name, folder / "new" / name)  # as every Maildir: whole or not there
    return True


def _report(sender: str, to: str, status: str) -> MIMEMultipart:
    made = MIMEMultipart("report", report_type="delivery-status")
    made["From"], made["To"], made["Subject"] = "mailer-daemon@mail.example", sender, "Undelivered mail"
    made["Auto-Submitted"] = "auto-replied"
    made.attach(MIMEText("Your mail could not be delivered."))
    told = MIMENonMultipart("message", "delivery-status")
    about, recipient = Message(), Message()
    about["Reporting-MTA"] = "dns; mail.example"
    recipient["Final-Recipient"], recipient["Action"], recipient["Status"] = f"rfc822; {to}", "failed", status
    told.set_payload([about, recipient])
    made.attach(told)
    return made


def _complaint(sender: str) -> MIMEMultipart:
    made = MIMEMultipart("report", report_type="feedback-report")
    made["From"], made["To"], made["Subject"] = "abuse@mail.example", sender, "Complaint"
    made.attach(MIMEText("This mail was marked as unwanted."))
    told = MIMENonMultipart("message", "feedback-report")
    told.set_payload("Feedback-Type: abuse\nUser-Agent: demo/1\nVersion: 1\n")
    made.attach(told)
    return made


def holiday(sender: str) -> EmailMessage:
    """What also comes back, and says nothing about the address: somebody is on holiday."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "somebody@mail.example", sender, "Out of office"
    made["Auto-Submitted"] = "auto-replied"
    made.set_content("I am away.")
    return made
