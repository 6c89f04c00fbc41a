"""What the city's other systems know for certificates: registered seals and municipal tax, brought in by files.

用語: registered seal 登録印鑑, impression 印影, assessment 課税台帳, tax account 納付状況.
Doors: `portal import seals`, `portal import taxes`; `service` (seal_of, assessment_of, accounts_of, register_seal,
end_seal, take_taxes).
Tables: seal_registrations, tax_assessments, tax_accounts.
"""
