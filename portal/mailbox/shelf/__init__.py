"""Letters kept on a device, to be read without a line (回線断): their owner's own browser holds them, sealed.

Words: to keep on a device 端末に保存 · shelf 保存先の端末 (a browser that keeps letters).
The portal knows which devices keep letters, not which letters; a device asks what must go. What needs a strong sign-in, and
what looks like a 個人番号, is never kept (decision 68). In the browser: static/js/shelf/, static/js/push_worker.js.
Doors: `service`, /mailbox/shelf, /mailbox/<notice>/copy. Table: mailbox_shelves.
"""
