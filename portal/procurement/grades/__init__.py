"""等級 grades: which period counts (`periods`), what a body's system says by program and file, and objections to it.

用語: grade 等級, suspension 指名停止, objection 申し立て.
Doors within the room: service, periods, files, objections. Table: grade_objections.
"""
