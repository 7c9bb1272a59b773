"""The log of a running part on stderr: lines for people, or JSON for programs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig

_FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON with `at`, `level`, `logger`, `message`, and the traceback, if any, as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line in ASCII, which is valid in every encoding."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_to_stderr(as_json: bool) -> None:
    """Log to stderr. As JSON, the log includes the warnings of Python and the messages of Temporal's core."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_FOR_PEOPLE))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("alembic", "httpx", "paramiko", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if as_json:
        logging.captureWarnings(True)
        keep_stdout_for_json()


def keep_stdout_for_json() -> None:
    """Send the messages of Temporal's core to the log instead of stdout. Call this before the first client is created."""
    forwarding = LogForwardingConfig(logging.getLogger("temporalio"), append_target_to_name=False)
    core = LoggingConfig(LoggingConfig.default.filter, forwarding=forwarding)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=core)), error_if_already_set=False)
