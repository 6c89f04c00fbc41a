"""What kinds of documents a tender has, how many and how large, and the refusals. No I/O."""

from portal.core.errors import Refusal
from portal.core.words import N_

MOST, MEGABYTES, MEGABYTES_TOGETHER = 20, 20, 100
"""Of one tender, all versions counted; of one file; of all together."""
# Names of OCDS's codelist documentType.
KINDS: dict[str, str] = {
    "technicalSpecifications": N_("Specifications and drawings"),
    "biddingDocuments": N_("Conditions and forms"),
    "billOfQuantity": N_("Quantities"),
    "contractDraft": N_("Draft of the contract"),
    "tenderNotice": N_("Announcement"),
}


class PapersFull(Refusal):
    code = "papers-full"
    status = 422
    message = N_("A tender has up to %(most)s files with %(megabytes)s MB together, all versions counted.")
    next_step = N_("Put several files into one ZIP file, or make them smaller.")


class PaperStays(Refusal):
    code = "paper-stays"
    status = 409
    message = N_("This document is public: it stays for everybody who relied on it.")
    next_step = N_("Add a new version of it, and publish that with a reason.")


class PaperNotChecked(Refusal):
    code = "paper-not-checked"
    status = 409
    message = N_("A document is still being checked for malicious software: %(title)s")
    next_step = N_("Wait some minutes, or take the document out, and try again.")


class NothingWaits(Refusal):
    code = "papers-nothing-waits"
    status = 409
    message = N_("There is no new document to publish.")
    next_step = N_("Add one first, or look whether a colleague has published it.")
