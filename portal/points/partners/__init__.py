"""協賛店 partners: shops where points are spent, from their application to the money they get for the points.

用語: 協賛店 partner, 店の担当者 keeper, 支払い sale, 精算書 statement, 総合振込 bank transfers of one day.
Doors within the room: contracts (application, check, approval, suspension), naming (who acts for it), changes (account,
renewal, end: by two), terminals (where they stand), moving (from one shop to another: by two), sales (coupons, taken back
within a week), touching (a card answers a challenge and pays), confirming (a large sum waits for its holder), presenting
(what a shop says of itself), settling (statements of a month, the bank's file), zengin (that file's form).
A keeper is a resident with their own account; a terminal is a machine client with the keys of the role points.
Tables: point_partners, point_partner_banks, point_partner_changes, point_partner_keepers, point_partner_terminals,
point_sales, point_challenges, point_confirmations, point_statements.
"""
