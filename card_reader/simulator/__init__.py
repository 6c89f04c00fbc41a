"""A simulated card, national card and city card in one: a product with its own tests, not a mock.

It is emulated from public readers of the real card (see card_reader/README.md) and claims no conformity with
the operator's specification. What it holds is fictitious: people, numbers, keys and the issuer.

`card` is the card, `files` and `pins` what its applications are made of, `memory` what survives a power cut,
`authority` and `prepare` make cards, `vpcd` puts one into a virtual reader, `rack` and `control` let people
and programs insert and remove them.
"""
