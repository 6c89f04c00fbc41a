"""The door of procurement for the page of wiring and the command line: what the worker and operators do here."""

from portal.procurement import agencies
from portal.procurement.sealed import service as sealed
from portal.procurement.searches import service as searches

remind_of_expiry = agencies.remind_of_expiry
rewrap = sealed.rewrap
digest = searches.digest
