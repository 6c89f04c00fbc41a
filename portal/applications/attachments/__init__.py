"""Documents of a pre-application: photos and PDFs, added page by page, seen by their owner and by who checks the case.

Words: document 添付書類 · photo 写真. The content lies in the room `files`; the case keeps which files answer which
question, with their digests, so that what was sent can be signed and compared.
"""
