"""証明書交付機 kiosks: what the machine in the ward office asks of the portal, version 1 of the contract.

A fee paid with points joins the order and the coupon here (fees).

用語: 来庁受付 check-in, 利用 card session. A session belongs to one device and, once a card has signed its
challenge, to one resident; it ends five minutes after its last use, with the card, or at once when told.
Doors: api (tests/contract/*.json holds one example a message). Tables: kiosk_sessions.
"""
