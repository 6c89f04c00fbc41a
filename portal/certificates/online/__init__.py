"""Certificates ordered at home 証明書のオンライン申請: paid for, then delivered to the mailbox or sent by letter.

用語: online order オンライン申請, way of paying お支払い方法, payment service 決済サービス, postage 郵送料.
Doors: /certificates/order, /certificates/<id>/checkout and what follows; `service` (place, begin_payment, take_payment,
deliver, cancel), `paying` (what a payment service must answer: README.md).
Tables: certificate_checkouts, certificate_time_stamps (`stamping`: an authority's stamp 時刻認証 on the file). The file that
was delivered lies sealed in room files.
"""
