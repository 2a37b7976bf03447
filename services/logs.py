"""Logs: one JSON object a line, on standard error.

In: what the service says of a call, a reload, the store.  Out: lines with `time`, `level`, `message`, and the names by which
things are found again: `request_id`, `rule_set`, and the ids of events, findings and warnings.  What events contain is never logged.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_CONFIGURED: list[Any] = []
"""The logger of the last `configure`, made: to make one for each line costs more than to find that a line is not wanted."""
LISTED_MAX = 100
"""Ids that one line lists, at most; beside them stands how many there are."""


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send all logs, those of libraries too, to `stream` (default: standard error)."""
    out = sys.stderr if stream is None else stream
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),  # `event` means something else here
    ]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),  # one write a line: lines of two threads do not mix
        cache_logger_on_first_use=False,
    )
    _CONFIGURED[:] = [structlog.get_logger().bind()]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared[:3],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared[3:], renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def logger() -> Any:
    """The service's logger; it follows `configure`, also a later one."""
    return _CONFIGURED[-1] if _CONFIGURED else structlog.get_logger()
