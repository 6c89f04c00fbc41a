"""The log: one JSON line an event, nouns with ids; names, numbers and contents of people never enter it."""

import logging
import sys

# What structlog loads for coloured tracebacks (rich, pygments) is never used here, and 3 MB of each process.
_loaded = "rich" in sys.modules
if not _loaded:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if not _loaded:
    del sys.modules["rich"]

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
