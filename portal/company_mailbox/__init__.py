"""事業者の受信箱 company_mailbox: what companies read, confirm and answer, what bodies send them, and the mail about it.

Parts: post (a mailbox: reading, finding, answering, threads, attachments), sendings (a body's notice to chosen companies),
retention (what goes by itself and when), mails (addresses, digest, what leaves by e-mail). The notices themselves, and
telling one, are of `companies`.
Doors: service. Tables: those of its parts.
"""
