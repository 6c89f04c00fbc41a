"""The log: one JSON line an event, nouns with ids; names, numbers and contents of people never enter it."""

import logging
import sys

# What structlog loads if it is there and never uses here, 4 MB of each process: rich and pygments for coloured tracebacks,
# greenlet for loggers of green threads.
_unused = {"rich", "greenlet"} - sys.modules.keys()
for _name in _unused:
    sys.modules[_name] = None  # type: ignore[assignment]
import structlog  # noqa: E402

for _name in _unused:
    del sys.modules[_name]

get_logger = structlog.get_logger


def set_up() -> None:
    """Write structured lines to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
