"""公共アカウント companies: who the city knows as a business, who acts for it, and what it was told.

Parts: `branches` (支店・事業所), `by_post` (sign-in by letter).
用語: corporation 法人 (a row of the national register), company 事業者 (an account here), delegation 委任, agent 代理人,
succession 承継 (of a merged corporation).
Doors: `service` (standing, find, search, notices). Tables: corporations, corporation_removals, corporation_grams,
companies, register_changes, business_people, company_members, company_delegations, company_successions, gbizid_delegations,
sign_in_letters, business_notices, business_deliveries.
"""
