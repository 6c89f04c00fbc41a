"""Signatures by card (署名用電子証明書): what exactly is signed, checked when it comes, and provable years later.

Words: signature 電子署名 · signing certificate 署名用電子証明書 · void 無効.
"""
