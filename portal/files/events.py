"""What happens to files, for rooms above."""

from uuid import UUID

from portal.core.events import Event


class MalwareFound(Event):
    """A file kept while the scanner was silent turned out to hold malicious software. It is gone."""

    file_id: UUID
    owner_id: UUID | None
    case_id: UUID
    place: str
