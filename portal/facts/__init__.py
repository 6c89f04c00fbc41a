"""What the city's sections know about residents beside the register: insurance, care level, allowances, taxes owed.

Words: fact 登録事項 · section that keeps it 所管課 · consent 同意 · topic of a consent 同意の項目.
Doors: `service` (facts of a person, facts as conditions of a query, consent, rows of a section's system), /staff/facts.
Tables: facts, consents. `catalogue.json` says which facts there are, who keeps them and which need a consent.
A fact that needs a consent is read nowhere without one: every query of this room asks for it itself.
"""
