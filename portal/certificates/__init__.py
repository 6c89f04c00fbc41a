"""Certificates 証明書: which papers the city issues, who may have them, what they cost, and the paper itself.

用語: certificate 証明書, copy of the resident record 住民票の写し, issue number 発行番号,
copy-evident ground 地紋, binding 契印.
Doors: /certificates (a resident's own, with receipts), /verify (is this paper ours), /.well-known/certificate-keys.json
and others (what is checked by), /staff/refunds (money a machine kept), `portal verify-certificate`;
`service` (kinds_for, order, pay, render, printed, failed, history, check, unsettled, settle), `events`.
Rooms within: `sealing` (signatures and published keys), `ledgers` (registered seals, municipal tax), `online` (ordered at
home), `posting` (sent by letter), `counter` (handed out by staff).
Tables: certificate_orders, certificate_payments, certificate_counters.
"""
