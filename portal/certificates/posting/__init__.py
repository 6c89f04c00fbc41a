"""Certificates sent by letter 証明書の郵送: printed in batches, for window envelopes, to the registered address alone.

用語: post list 発送リスト, batch 束, returned 返戻.
Doors: /staff/certificate-post (print, post, came back); `service` (waiting, print_batch, letters_of, post_batch, returned).
Tables: certificate_batches, certificate_letters.
"""
