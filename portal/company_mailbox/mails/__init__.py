"""E-mail to a company's own addresses: that something new lies in its mailbox, never what.

用語: contact address 連絡先メール, digest まとめ. Doors: `service`, /business/mailbox/mail, /business/mail/stop.
Tables: company_mail_addresses, company_mails.
"""
