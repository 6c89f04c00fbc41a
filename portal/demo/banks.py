"""A list of fictitious banks: two were taken over, one branch moved."""

from pathlib import Path

from sqlalchemy.orm import Session

from portal.banks import list_csv, service

FILE = Path(__file__).parent / "data" / "banks.csv"


def load(session: Session) -> None:
    """Taken in as any list would be."""
    with FILE.open("rb") as file:
        service.take(session, list_csv.read(file).entries, whole=True)
