"""Files of who came: which wait for a second person, and what becomes of them. No I/O."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

KEPT = timedelta(days=180)
"""So long the rows of a file wait for a second person; then they are gone, and the section brings its file again."""


class FileState(StrEnum):
    """How a file stands. `taken`: worth so little that it went through at once."""

    TAKEN = "taken"
    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


FILE_STATE_WORDS: dict[str, tuple[str, str]] = {
    FileState.TAKEN: (N_("Taken in"), "neutral"),
    FileState.WAITING: (N_("Waits for a second person"), "warning"),
    FileState.AGREED: (N_("Agreed to, points given"), "success"),
    FileState.REFUSED: (N_("Not agreed to"), "error"),
    FileState.WITHDRAWN: (N_("Taken back"), "neutral"),
    FileState.LAPSED: (N_("Nobody decided; the rows are deleted"), "neutral"),
}


class AttendanceUnknown(Refusal):
    code = "attendance-file-unknown"
    status = 404
    message = N_("There is no such file.")
    next_step = N_("Choose one from the list.")


class OwnFile(Refusal):
    code = "attendance-own-file"
    status = 403
    message = N_("Whoever brought a file cannot agree to it.")
    next_step = N_("Please leave it to a colleague.")


class FileDecided(Refusal):
    code = "attendance-file-decided"
    message = N_("This was decided already.")
    next_step = N_("Load the page again to see how it stands.")
