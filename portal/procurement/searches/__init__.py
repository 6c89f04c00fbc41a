"""保存した検索 saved searches: what a company looks for again and again, told in a digest.

用語: 保存した検索 saved search, まとめ digest.
Doors within the room: service. Tables: tender_searches.
"""
