"""Documents of a tender as files: added to a draft or by an amendment, for everybody, never replaced (decision 0100).

Words: document 書類, version 版. A document keeps its id through all its versions; each version has an address of its own,
and what is found there stays the same. Table: tender_papers (the content lies in room files).
"""
