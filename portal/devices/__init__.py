"""Machine clients: kiosks, readers at windows, systems of sections that send notices.

用語: 端末 client · 登録 enrolment · 失効 revocation. One way in for all: OAuth 2.0 client credentials with
private_key_jwt (RFC 6749, 7521, 7523); the portal keeps public keys only.
Doors: /oauth/token, /.well-known/oauth-authorization-server, /staff/clients; `service` (recognise, enrol, revoke, seen).
Tables: clients, access_tokens, used_assertions.
"""
