"""調達 procurement: public bodies, grades and suspensions of companies, tenders, who is told of them, and open data.

用語: agency 参加機関, qualification 入札参加資格, grade 等級, suspension 指名停止, tender 入札, release 公開データの版.
Sub-rooms: `sealed` quotations opened by two officers, `history` of awards with statistics, `searches` companies save,
`once` reading of basics, `registers` of licences, `grades` by program and objections, `clarifying` with one bidder,
`results` taken back, `company_news` from the national register.
Doors: `service`. Tables: agencies, agency_sections, qualifications, suspensions, tenders, tender_questions,
tender_interests, tender_bids, tender_mutes, tender_releases.
"""
