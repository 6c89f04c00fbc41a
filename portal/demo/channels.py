"""Who of the cast is told outside the mailbox, where the demo has a post office: 花子, by mail, text and on a phone."""

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.demo import cast
from portal.demo.post_office import Phone
from portal.mailbox.channels import addresses, choices, devices
from portal.mailbox.channels.models import Contact, MailAddress
from portal.mailbox.channels.rules import Channel
from portal.mailbox.channels.ways import Ways
from portal.residents import service as residents


def load(session: Session, settings: Settings) -> None:
    """Loading twice adds nothing."""
    ways = Ways.of(settings)
    known = residents.find_by_number(session, cast.HANAKO.addressee_number)
    if known is None or addresses.of(session, known.id):
        return
    if ways.mail:
        address = MailAddress(
            resident_id=known.id, address="hanako@mail.example", confirmed_at=clock.now(), wanted="", tries=0
        )
        session.add(address)
        choices.turn_on(session, known.id, Channel.MAIL)
    if ways.texts:
        number = Contact(resident_id=known.id, channel=Channel.SMS, address="09000000000", confirmed_at=clock.now())
        session.add(number)
        choices.turn_on(session, known.id, Channel.SMS)
    if ways.push and settings.push_hosts:
        post_office = settings.push_hosts.split(",")[0]
        devices.add(session, ways, known.id, Phone("hanako").subscription(post_office), name="Chrome (Android)")
