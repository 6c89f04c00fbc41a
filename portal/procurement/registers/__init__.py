"""機関の登録 registers: licences with their last day, commendations and certificates that public bodies register.

用語: registration 登録, licence 許可・認可, commendation 表彰, certificate 証明.
Doors within the room: service. Tables: registrations, agency_clients.
"""
