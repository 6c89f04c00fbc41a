"""What a section writes can be found from the moment it is written, and as it was corrected."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper

from portal.core.text import comparable
from portal.mailbox.keeping.models import Findable
from portal.mailbox.models import Notice


def _words_of(notice: Notice) -> dict[str, str]:
    texts = " ".join(f"{told.get('title', '')}\n{told.get('body', '')}" for told in notice.texts.values())
    return {"head": comparable(notice.section)[:200], "texts": comparable(texts)}


def _keep_words(_mapper: Mapper[Any], connection: Connection, notice: Notice) -> None:
    """What a section writes can be found as soon as it is written, and as it was corrected."""
    if "msgid" in notice.texts:
        return
    words = _words_of(notice)
    table: Any = Findable.__table__
    changed = connection.execute(table.update().where(table.c.notice_number == notice.number).values(**words))
    if changed.rowcount == 0:
        connection.execute(table.insert().values(notice_number=notice.number, **words))


event.listen(Notice, "after_insert", _keep_words)
event.listen(Notice, "after_update", _keep_words)
