"""What the city decides about facts and consents, without a database."""

from portal.core.errors import Refusal
from portal.core.words import N_


class TopicUnknown(Refusal):
    code = "consent-topic-unknown"
    status = 404
    message = N_("There is nothing of that name to consent to.")
    next_step = N_("Go back to your data and choose from the list.")
