"""証明 attesting: papers of other rooms under the city's issue number and verification code.

Doors: service (register, note what was drawn, answer whoever checks). Whoever holds such a paper has it checked on the
same page as a certificate of this room (checking).
Tables: attested_papers.
"""
