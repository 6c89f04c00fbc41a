"""Applications of companies: the same forms, cases and staff as residents', with a company as the applicant (decision 0076).

Words: applicant 申請者, company 事業者, renewal 更新. What the company told before comes from rooms above (`service.start`).
No tables: a case says whose it is.
"""
