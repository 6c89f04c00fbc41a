"""What may be handed in, and how it is said when it may not. No I/O."""

import re
import unicodedata
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST_NAME = 80
MOST_PAGES = 60
# A photo of 50 megapixels is more than phones take by default; decoded it fills 150 MB, and no more than two
# are decoded at once.
MOST_PIXELS = 50_000_000
LONG_SIDE = 2_600  # pixels kept: an A4 page at 220 dpi, on which 6-point print can be read
PREVIEW_SIDE = 320
AT_ONCE = 12  # files in one request


class Content(StrEnum):
    """What a file is when it is kept. Every image becomes a JPEG of ours. The last three a public body publishes; nobody
    hands them in."""

    JPEG = "jpeg"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    ZIP = "zip"


OPENXML = "application/vnd.openxmlformats-officedocument."
MIME = {
    Content.JPEG: "image/jpeg",
    Content.PDF: "application/pdf",
    Content.DOCX: f"{OPENXML}wordprocessingml.document",
    Content.XLSX: f"{OPENXML}spreadsheetml.sheet",
    Content.ZIP: "application/zip",
}
ENDING = {content: ".jpg" if content is Content.JPEG else f".{content}" for content in Content}


class Check(StrEnum):
    """Whether a scanner looked at it: none is set up, it did not answer yet, or it found nothing."""

    NONE = "none"
    WAITING = "waiting"
    CLEAN = "clean"


class FileRefused(Refusal):
    """One file cannot be taken; the others of the same request can."""

    status = 422


class FileEmpty(FileRefused):
    code = "file-empty"
    message = N_("The file is empty.")
    next_step = N_("Take the photo again, or choose another file.")


class FileTooLarge(FileRefused):
    code = "file-too-large"
    message = N_("The file is larger than %(megabytes)s MB.")
    next_step = N_("Take the photo with a lower resolution, or send fewer pages in one file.")


class FileKindUnknown(FileRefused):
    code = "file-kind-unknown"
    message = N_("This file is neither a photo (JPEG, PNG, WebP) nor a PDF, whatever its name says.")
    next_step = N_("Take a photo of the paper, or save it as a PDF.")


class FileKindNotWanted(FileRefused):
    code = "file-kind-not-wanted"
    message = N_("This kind of file is not asked for here.")
    next_step = N_("Please look at the kinds named above the button.")


class FileHeic(FileRefused):
    code = "file-heic"
    message = N_("This photo has the HEIC format of iPhones, which we cannot open.")
    next_step = N_("Take the photo on this page, or choose “Most Compatible” in the camera settings of your phone.")


class ImageUnreadable(FileRefused):
    code = "image-unreadable"
    message = N_("The photo is damaged or not complete.")
    next_step = N_("Take the photo again, or choose another file.")


class ImageTooLarge(FileRefused):
    code = "image-too-large"
    message = N_("The photo has too many pixels.")
    next_step = N_("Take the photo with a lower resolution.")


class PdfUnreadable(FileRefused):
    code = "pdf-unreadable"
    message = N_("The PDF is damaged or not complete.")
    next_step = N_("Save it again as a PDF, or take photos of the pages.")


class PdfLocked(FileRefused):
    code = "pdf-locked"
    message = N_("The PDF is locked with a password.")
    next_step = N_("Save it without a password, or take photos of the pages.")


class PdfActive(FileRefused):
    code = "pdf-active"
    message = N_("The PDF holds more than pages: programs, or other files inside it.")
    next_step = N_("Print it to a new PDF, or take photos of the pages.")


class PdfTooLong(FileRefused):
    code = "pdf-too-long"
    message = N_("The PDF is too long: up to %(pages)s pages can be sent.")
    next_step = N_("Send only the pages that are asked for.")


class PaperKindUnknown(FileRefused):
    code = "paper-kind-unknown"
    message = N_("This file is neither PDF, Word (.docx), Excel (.xlsx), ZIP nor a photo, whatever its name says.")
    next_step = N_("Save it as one of these, best as a PDF.")


class OfficeOld(FileRefused):
    code = "office-old"
    message = N_("This Word or Excel file has the old format (.doc, .xls) or is locked with a password.")
    next_step = N_("Save it as .docx or .xlsx without a password, or as a PDF.")


class OfficeActive(FileRefused):
    code = "office-active"
    message = N_("The Word or Excel file holds more than text and figures: macros, or parts from elsewhere.")
    next_step = N_("Save it without macros and embedded objects, or as a PDF.")


class ArchiveUnreadable(FileRefused):
    code = "archive-unreadable"
    message = N_("The file is damaged, locked with a password, or holds names nobody can read.")
    next_step = N_("Make it again without a password, and open it yourself before you send it.")


class ArchiveTooLarge(FileRefused):
    code = "archive-too-large"
    message = N_("Unpacked, the file is too large: up to %(most)s files and %(megabytes)s MB.")
    next_step = N_("Send its files one by one, or in several parts.")


class ArchiveActive(FileRefused):
    code = "archive-active"
    message = N_("The ZIP file holds something that is no document, or not what its name says: %(name)s")
    next_step = N_(
        "Take it out. PDF, Word, Excel, pictures, text and CAD drawings can be in a ZIP file, other ZIP files cannot."
    )


class FileInfected(FileRefused):
    code = "file-infected"
    message = N_("The file holds malicious software. It was not kept.")
    next_step = N_("Please have your device checked, and take a photo of the paper instead.")


class CaseFull(FileRefused):
    code = "files-full"
    message = N_("All files of one application together may have %(megabytes)s MB.")
    next_step = N_("Remove a file, or bring the rest on paper.")


class TooManyFiles(FileRefused):
    code = "files-too-many"
    message = N_("Up to %(most)s files can be sent here.")
    next_step = N_("Remove one before you add another.")


class UploadTooLarge(Refusal):
    code = "upload-too-large"
    status = 413
    message = N_("What you sent is too large: all files together may have %(megabytes)s MB.")
    next_step = N_("Go back and send fewer files at a time. What you entered and sent before is kept.")


class FileNotFound(Refusal):
    code = "file-not-found"
    status = 404
    message = N_("There is no such file.")
    next_step = N_("Open the application again to see its documents.")


class FileNotChecked(Refusal):
    code = "file-not-checked"
    message = N_("This file has not been checked for malicious software yet.")
    next_step = N_("It can be opened as soon as the check has been made. Please try again later.")


_UNFIT = re.compile(r'[\\/:*?"<>|%&;`$\x00-\x1f\x7f]+')


def clean_name(given: str, content: Content) -> str:
    """A name to show and to save under: no path, no control or direction signs, with the ending that is true."""
    last = re.split(r"[\\/]", given)[-1]
    visible = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in last)
    visible = "".join(sign for sign in visible if unicodedata.category(sign) not in ("Cf", "Cs", "Co", "Cn"))
    stem = " ".join(_UNFIT.sub(" ", visible.rpartition(".")[0] or visible).split()).strip(" .")
    return (stem[:LONGEST_NAME] or "file") + ENDING[content]
