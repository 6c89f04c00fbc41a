"""The machine in the ward office that anybody can use with a card.

用語: 証明書交付機 (kiosk), 来庁予約 (reservation), 市民ポイント (points), 証明書 (certificate).

`steps` and `journey` decide, without any I/O, what the person sees next; `machine` carries out what
they ask for; `devices` are the reader, printer, coin box and chime; `portal_client` speaks to the city;
`paid_jobs` keeps a promise that money was taken for, also over a power cut; `app` draws the screens.
"""

VERSION = "0.1.0"
