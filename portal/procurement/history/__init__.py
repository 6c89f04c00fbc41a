"""落札実績 awards: of tenders here and, from files, of years before; statistics, and what auditors should look at.

用語: 落札 award, 落札率 award rate (award ÷ estimate), 注意したい点 red flag.
Doors within the room: recording (a tender of ours), awards_csv (a file), statistics, flags.
Tables: awards, award_bids.
"""
