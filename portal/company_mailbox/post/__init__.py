"""A company's mailbox: read, confirmed, answered, with messages and files to the body that sent it; and the sending.

用語: confirm 確認する, answer 回答する, thread やりとり, grant 親展の閲覧許可, topic 用件, label ラベル, sending 送信,
receipt 受領記録.
Doors: `service`, /business/mailbox….
Tables: business_notices and business_deliveries (of the room), business_acts, business_threads, business_messages,
business_files, business_labels, business_labelled, company_grants; company_sendings, company_recipients, company_receipts,
company_webhooks; company_mail_addresses, company_mails.
"""
