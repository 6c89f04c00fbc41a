"""ご案内 guidance: the city tells people what concerns them before they ask, by rules a city can read and change.

Words: rule of guidance ご案内の決まり · guidance ご案内 (one rule for one person on one occasion) · occasion きっかけ ·
declaration 宣言 (a disaster) · programme 制度.
Doors: `service` (look at a household now, the resident's guidance, dismiss, snooze, switches, figures), the nightly run.
Listens to applications (and whatever room tells of a change): the household is looked at again.
Part: vaccination (schedule, records, next dates of a child).
Tables: guidance_advice (who is told what, once), guidance_switches, guidance_declarations, vaccinations,
vaccination_corrections (what a record said before).
The rules are data: data/*.json, checked by `portal guidance check`; compiled to one statement a rule.
"""
