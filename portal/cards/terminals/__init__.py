"""端末 terminals that read city cards, and the keys of their roles: who gets which, for how long, and what is taken back.

用語: 役割 role · 役割の鍵 role keys · 世代 version · 鍵の入れ替え rotation · 取り消し revocation.
The keys themselves are never here: the writer wraps them for one terminal, the portal passes them on signed.
Doors: /staff/terminals, /api/v1/cards/terminal, /api/v1/cards/role-keys; `service`. Tables: card_terminals, role_keys.
"""
