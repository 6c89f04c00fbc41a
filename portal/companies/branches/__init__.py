"""支店・事業所 branches: offices of a company with accounts of their own, and who acts for which.

用語: branch 支店・事業所, head office 本社, confined 支店だけの担当. A branch has a number of the city's, its own address,
contacts, mailbox and people; bids, grades and registers stay the company's.
Doors: `service` (open, change, close, assign, dismiss, of_company), /business/branches. Tables: companies, company_members.
"""
