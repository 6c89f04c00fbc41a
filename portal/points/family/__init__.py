"""家族へのポイント family: points passed on within a household, a little each month; they keep their last day.

用語: 譲る pass on. Doors within the room: service (family_of, names_of, passed_on, pass_on).
Tables: none; the ledger knows what was passed on.
"""
