"""Residents' accounts: password, passkeys, cards; where they are signed in.

用語: 住民アカウント account · パスキー passkey · 利用者証明用電子証明書 card certificate · 保証レベル assurance
(1 password, 2 passkey, 3 national card; DS-511 当人認証保証レベル).
本人確認 identity check.
Doors: /sign-in, /sign-in/card, /sign-in/stronger, /sign-in/forgotten, /sign-out, /account, /staff/accounts (staff at the
window); `service` (accounts, person_by_card, enrol_card, challenges), `events`.
Tables: accounts, account_browsers, account_events, passkeys, challenges, card_enrolments, identity_checks.
"""
