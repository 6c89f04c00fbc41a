"""おまとめカード cards: which city card belongs to whom, which services are on it, and which cards are stopped.

用語: おまとめカード city card · 利用者番号 service id · 停止 stop · 停止リスト stop list · 記録 entry.
A card carries, for each service, that service's own user id and nothing else of the person; the link to the resident is
here alone. The keys that write a card are not here either: a writer beside the portal holds them, and a card at a window
is written over a line through the page and the bridge there (line.py), its rank of points also through a terminal (ranks).
Doors: /staff/cards (issue, services, stop, end), /my-card, /api/v1/cards (terminals: stop list, what they read); `service`,
`events`. Tables: city_cards, card_entries, service_ids, card_visits.
"""
