"""Certificates at the window 証明書の窓口交付: staff make sure who it is, take the fee, print, hand out.

用語: window issue 窓口交付, fee taken 手数料の領収, purpose of a My Number 個人番号の提出先.
Doors: /staff/certificates (whom, which, print, handed out; the fee of an order from home); `service` (issue, paper,
handed_out, void, take_fee).
Tables: none of its own.
"""
