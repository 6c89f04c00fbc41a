"""一括送信 batches: notices of sections' own systems to people they name, once each, and what became of them.

用語: 一括送信 batch, 宛先 recipient, 受領記録 receipt, 通知先 webhook.
Doors: /api/v1/notices…, /api/v1/receipts, /api/v1/webhook (mailbox.api); service (send, cancel, deliver, collect, errands).
Tables: notice_batches, batch_recipients, notice_receipts (what a system is told, in order),
notice_receipt_turn (who gives them their numbers), notice_webhooks.
"""
