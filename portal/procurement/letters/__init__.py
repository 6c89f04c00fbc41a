"""A public body writes to companies: by its members' desk and by its systems.

用語: companies chosen 送付先の事業者, second person 二人目の確認. Doors: /staff/company-notices…, /api/v1/company-notices….
Tables: none of its own; see portal.company_mailbox.sendings and portal.company_mailbox.post.
"""
