"""Documents handed in with an application: they are added on pages of their own, and lie with the case."""

from portal.applications.procedures.fields.component import Component, KnownFacts, NotUnderstood, Typed
from portal.applications.procedures.schema import FormField
from portal.applications.procedures.words import fault_of

# Among what a case knows: the files handed in, as {"id", "place", "name", "kind", "size", "sha256"}.
ATTACHED = "attachments"


def _attached(asked: FormField, typed: Typed, known: KnownFacts) -> list[str]:
    """Ids of the files handed in for this question: the case knows them; what a browser says of it counts nothing."""
    ids = [file["id"] for file in known.get(ATTACHED, ()) if file["place"] == asked.name]
    if asked.required and not ids:
        raise NotUnderstood({asked.name: fault_of("attachment-missing")})
    return ids


ATTACHMENT = Component(_attached, lambda asked, answer: {asked.name: list(answer)}, nothing=[], always=True)
