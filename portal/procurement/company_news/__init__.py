"""事業者の異動: names, addresses, ends and mergers of companies in the national register, told to bodies they concern.

用語: news 異動, heir 承継会社 (of a merged company). Tables: company_news.
"""
