"""金融機関 banks: the national list of banks and their branches, with names and who took over whom.

用語: bank 金融機関, branch 店舗, successor 承継先.
Doors: `service`. Tables: banks, bank_branches.
"""
