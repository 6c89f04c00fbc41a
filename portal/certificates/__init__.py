"""Certificates 証明書: which papers the city issues, who may have them, what they cost, and the paper itself.

用語: certificate 証明書, copy of the resident record 住民票の写し, issue number 発行番号,
copy-evident ground 地紋, electronic seal 電子公印.
Doors: /certificates (a resident's own, with receipts), /verify (is this paper ours), /staff/refunds (money a machine kept);
`service` (kinds_for, order, pay, render, printed, failed, history, check, unsettled, settle), `events`.
Tables: certificate_orders, certificate_payments, certificate_counters.
"""
