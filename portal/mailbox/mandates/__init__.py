"""An adult lets another adult read the mailbox (閲覧の委任), or a guardian of an adult (成年後見) does.

Words: mandate 閲覧の委任 · owner ご本人 (whose mailbox it is) · reader 代わりに読む方 · basis 委任の根拠.
Given by the owner with a code that the reader enters, or registered by one member of staff from a paper and confirmed by
another. Reading only. Each look is on record with its purpose, and its owner sees it (decision 69).
Doors: `service`, /mailbox/mandates, /staff/mandates. Table: mailbox_mandates.
"""
