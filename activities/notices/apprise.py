"""Sends texts by Apprise, with our own error texts and without secrets.

Apprise's log contains the channel's address. So it is read here and goes nowhere else.
"""

from __future__ import annotations

import logging
import re
import smtplib
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from activities.notices.sending import EnclosedDocument, OutgoingNotice, Try, TryOutcome


def hand_over(handing: OutgoingNotice) -> Try:
    """Send a text to the service of the URL."""
    apprise, channel, words = _apprise(), handing.channel, handing.words
    with _captured() as result:
        service = _service(apprise, handing.url)
        if service is None:
            return Try(
                TryOutcome.REFUSED,
                f"the address of {channel.name} is not an Apprise URL; docs/notices.md shows some",
            )
        service.socket_connect_timeout = service.socket_read_timeout = handing.timeout
        if isinstance(getattr(service, "headers", None), dict):
            service.headers["X-Driftvakt-Notice"] = handing.identity
        title, body = ("", words.short) if channel.brief else (words.subject, words.text)
        if channel.calls_by_name:
            title, body = _calls_nobody(title), _calls_nobody(body)
        try:
            attach = _attached(apprise, handing.documents)
            sent = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT, attach=attach)
        except Exception as error:  # a defect of a plugin: it may have sent the text
            return Try(TryOutcome.UNKNOWN, f"the channel failed ({type(error).__name__})")
    return Try(TryOutcome.SENT) if sent else result.verdict()


def _calls_nobody(text: str) -> str:
    """Return the text so that no chat notifies everybody because of a word in it; anybody can cause an alarm with such a word."""
    return re.sub(r"<(?=[!@#])|@(?=channel|here|all|everyone)", "\\g<0>\u2060", text)


def _service(apprise: Any, url: str) -> Any:
    try:
        service = apprise.Apprise.instantiate(url, asset=_sender(apprise), suppress_exceptions=False)
        if service is None and url.startswith(("http://", "https://")):
            # A webhook that Apprise does not know by name gets plain JSON.
            url = "json" + url.removeprefix("http")
            service = apprise.Apprise.instantiate(url, asset=_sender(apprise), suppress_exceptions=False)
    except Exception:  # its text may repeat the URL
        return None
    return service


def _attached(apprise: Any, documents: Sequence[EnclosedDocument]) -> Any:
    """Return the documents as Apprise attaches them; None without any."""
    if not documents:
        return None
    from apprise.attachment import memory

    attach: Any = memory.AttachMemory
    attached = apprise.AppriseAttachment(asset=_sender(apprise))
    for one in documents:
        attached.add(attach(content=one.content, name=one.name, mimetype=one.media_type))
    return attached


def _sender(apprise: Any) -> Any:
    """Return the sender for the header of a chat or a mail; without pictures from other servers."""
    return apprise.AppriseAsset(
        app_id="Driftvakt", app_desc="Driftvakt", app_url="", image_url_mask="", image_url_logo="", default_extension=""
    )


_loading: Final = threading.Lock()


def _apprise() -> Any:
    """Return Apprise. It is imported at its first use, because its hundred channels take a moment."""
    with _loading:
        return _load()


@cache
def _load() -> Any:
    # Its debug log contains addresses, and so does that of the library below it.
    _log.addFilter(_capture)
    _log.propagate = False
    _log.setLevel(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # It tries to import a module of Python 3.11 that 3.13 no longer has.
        warnings.filterwarnings("ignore", message="'imghdr' is deprecated", category=DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")
    return apprise


class _AppriseResult:
    """Apprise's log of one attempt, with the errors that it caught."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.error: BaseException | None = None
        self.inside_conversation = False

    def verdict(self) -> Try:
        """Return why the text was not sent."""
        error = self.error
        if error is None:
            # The last warning contains the status of the refusal.
            return Try(
                TryOutcome.NOT_NOW, self.said[-1] if self.said else "the channel refused the notice without a reason"
            )
        if isinstance(error, smtplib.SMTPResponseException):
            return _answered(error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return _answered(*next(iter(error.recipients.values())))
        reason = _reason(error)
        if _never_arrived(error) or (_of_mail(error) and not self.inside_conversation):
            return Try(TryOutcome.NOT_NOW, f"the channel was not reached: {reason}")
        return Try(TryOutcome.UNKNOWN, f"the channel did not answer after it may have accepted the text: {reason}")


def _answered(code: int, text: bytes | str) -> Try:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    final = 500 <= code < 600
    return Try(TryOutcome.REFUSED if final else TryOutcome.NOT_NOW, f"the mail server says {code} {said}")


class _LogCapture(logging.Filter):
    """Passes Apprise's log records to the attempt in the same thread, and stops them from going anywhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.listening = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Store the record, and the error that is being handled; let nothing pass."""
        result: _AppriseResult | None = getattr(self.listening, "result", None)
        if result is None:
            return False
        error = sys.exc_info()[1]
        if error is not None and result.error is None:
            result.error = error
            # Apprise's name for the part after connection and login.
            result.inside_conversation = record.funcName == "sendmail"
        if record.levelno >= logging.WARNING:
            result.said.append(" ".join(record.getMessage().split()))
        return False


_capture: Final = _LogCapture()
_log: Final = logging.getLogger("apprise")


@contextmanager
def _captured() -> Iterator[_AppriseResult]:
    result = _AppriseResult()
    _capture.listening.result = result
    try:
        yield result
    finally:
        _capture.listening.result = None


def _of_mail(error: BaseException) -> bool:
    import requests

    return isinstance(error, OSError | smtplib.SMTPException) and not isinstance(error, requests.RequestException)


def _never_arrived(error: BaseException) -> bool:
    """Whether no connection was made, so that nothing was sent."""
    import requests
    import urllib3.exceptions as below

    if isinstance(error, ConnectionRefusedError | requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, below.NewConnectionError | below.ConnectTimeoutError | below.SSLError)


def _reason(error: BaseException) -> str:
    """Return our own text for an error, because the library's text may contain the address with its secret."""
    import requests

    if isinstance(error, TimeoutError | requests.Timeout) or "timed out" in str(error):
        return "it did not answer in time"
    if isinstance(error, ConnectionRefusedError) or "Connection refused" in str(error):
        return "the connection was refused"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection"
    if "NameResolutionError" in str(error) or "Name or service not known" in str(error):
        return "its name is not known"
    return type(error).__name__
