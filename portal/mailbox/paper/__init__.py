"""紙の手紙 paper: what was not read in time, or what a law wants on paper, as letters for window envelopes.

用語: 紙の手紙 letter on paper, 束 batch, 窓あき封筒 window envelope, カスタマバーコード customer barcode, 発送 posting,
返戻 returned.
Doors: /staff/notices/letters (batches: print, post, returned); service (begin, cancel_read).
Tables: letter_batches (the letters of one notice), letters (one printed letter). Each person's letter is also a line of
channel_messages, from the first day on, so that its course shows it.
"""
