"""What makes a paper of the city one that a stranger can trust without asking: signatures and published keys.

用語: signed statement 署名済み証明情報 (the large code on the paper), electronic seal 電子公印, published key 公開鍵.
`statement` the signed code, `pdf_seal` the signature in the PDF, `electronic` the certificate as data (SD-JWT VC),
`keys` what they sign with, `reading` how anybody checks them, without a database.
"""
