"""What a public body says to companies: written, looked at, approved, sent now or later, once to each; and what became
of it, told in order to its system.

用語: sending 送信, recipient 宛先, receipt 受領記録, webhook 通知先. Doors: `service`; pages and calls of bodies are in
procurement/letters.
Tables: company_sendings, company_recipients, company_receipts, company_receipt_turn, company_webhooks.
"""
