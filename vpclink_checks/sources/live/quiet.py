"""botocore's debug lines hold whole answers and session tokens: from our process they reach no log.

Else ``pytest --log-level=DEBUG`` would write every environment variable of every task definition into
JUnit files, beside the report that takes such care.
"""

from __future__ import annotations

import logging

# Who logs requests with their headers, what is signed, and answers with their bodies.
_TALKATIVE = ("botocore.auth", "botocore.endpoint", "botocore.handlers", "botocore.parsers")


def install() -> None:
    """Once is enough; warnings and errors still come through."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_above_debug)


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
