"""The door of procurement for the page of wiring and the command line: what the worker and operators do here."""

from portal.procurement import body_news, grading
from portal.procurement.company_news import service as company_news
from portal.procurement.filings import service as filings
from portal.procurement.once import service as once
from portal.procurement.registers import service as registers
from portal.procurement.sealed import service as sealed
from portal.procurement.searches import service as searches

remind_of_expiry = grading.remind_of_expiry
BODY_NEWS = body_news.TELL
body_news_errand = body_news.errand
rewrap = sealed.rewrap
digest = searches.digest
on_corporation_ended = company_news.on_corporation_ended
on_corporation_moved = company_news.on_corporation_moved
on_merger_undone = company_news.on_merger_undone
on_mailbox_taken_over = company_news.on_mailbox_taken_over
on_fact_changed = once.on_fact_changed
on_facts_confirmed = once.on_facts_confirmed
remind_of_ends = registers.remind_of_ends
let_client_act = registers.let_client_act
on_licence_registered = once.on_licence_registered
on_application_sent = once.on_application_sent
on_application_approved = filings.on_application_approved
