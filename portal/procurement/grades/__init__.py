"""等級 grades: what a body's own system says of companies (grades, suspensions to be approved), and objections to it.

用語: grade 等級, suspension 指名停止, objection 異議.
Doors within the room: service, objections. Table: grade_objections.
"""
