"""The refusals of taking a result back. No I/O."""

from portal.core.errors import Refusal
from portal.core.words import N_


class NoResult(Refusal):
    code = "result-none"
    message = N_("This tender has no result that could be taken back.")
    next_step = N_("Open it again and look at what changed.")


class ResultFollows(Refusal):
    code = "result-follows"
    message = N_("No quotation won: what follows from sealed quotations cannot be decided otherwise.")
    next_step = N_("Publish a new tender.")


class WithdrawalMoved(Refusal):
    code = "result-withdrawal-moved"
    message = N_("Somebody else has proposed, confirmed or dropped it meanwhile.")
    next_step = N_("Open the tender again and look at what changed.")


class WithdrawalNotYours(Refusal):
    code = "result-withdrawal-same-person"
    status = 403
    message = N_("Whoever proposed to take a result back cannot confirm it.")
    next_step = N_("Ask a colleague who may write tenders.")
