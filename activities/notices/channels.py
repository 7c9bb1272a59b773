"""Handing a text to a channel: Apprise behind it, its words turned into ours, and no secret in any of them.

The address of a channel is a secret: it holds passwords and tokens. It is read when it is needed and stands in no log, no error
and no row; what Apprise itself would log is caught and read here, and goes nowhere else.
"""

from __future__ import annotations

import logging
import re
import smtplib
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from activities.notices.masking import mask
from activities.notices.recipients import Recipient
from activities.secrets.references import resolve
from models.channels import Channel
from models.errors import SettingsError

_DETAIL_LIMIT: Final = 300


class TryOutcome(Enum):
    """What came of one try."""

    SENT = "sent"
    REFUSED = "refused"
    """For good: another try would be refused too."""
    NOT_NOW = "not now"
    """Surely not sent; it may go better soon."""
    UNKNOWN = "unknown"
    """The channel went silent after it may have taken the text."""
    NO_CHANNEL = "no channel"


@dataclass(frozen=True)
class Try:
    """What came of one try, and why."""

    outcome: TryOutcome
    detail: str = ""


@dataclass(frozen=True)
class NoticeText:
    """What somebody is written."""

    subject: str
    text: str
    short: str
    """For a channel that takes a line or two."""


class Channels:
    """The channels of this installation; safe to use from many threads."""

    def __init__(self, configured: Mapping[Any, str], home: Path, timeout: float = 10.0) -> None:
        """`configured`: channel to reference (`env:NAME`, `file:PATH` below `home`); `timeout`: seconds a step."""
        self._references = {Channel(channel): reference for channel, reference in configured.items()}
        self._home = home
        self._timeout = timeout

    @property
    def configured(self) -> frozenset[Channel]:
        """The channels that have an address here; whether it works shows when it is used."""
        return frozenset(self._references)

    def send(self, to: Recipient, words: NoticeText, identity: str) -> Try:
        """Hand a text over, once. `identity` goes along as a header where the channel has such, the same for the same notice."""
        missing = self._missing(to)
        if missing:
            return Try(TryOutcome.NO_CHANNEL, missing)
        reference = to.chat or self._references[to.channel]
        try:
            url = resolve(self._below_home(reference))
        except SettingsError as error:
            return Try(TryOutcome.NO_CHANNEL, f"the address of {to.channel.value} cannot be had: {error}")
        hidden = [url]
        result = _hand_over(_addressed(url, to), to, words, identity, self._timeout)
        return Try(result.outcome, mask(result.detail, hidden)[:_DETAIL_LIMIT])

    def _missing(self, to: Recipient) -> str:
        channel = to.channel.value
        if not to.known:
            return f"{to.name} is no contact of the dossier; add them under contacts"
        if to.channel is Channel.CHAT:
            if to.chat or Channel.CHAT in self._references:
                return ""
            return f"{to.name} has no chat; add `chat: file:PATH` to the contact {to.contact}, or configure the channel chat"
        if not to.address:
            field = "email" if to.channel is Channel.EMAIL else "phone"
            return f"{to.name} has no {field}; add `{field}` to the contact {to.contact}"
        if to.channel not in self._references:
            return f"the channel {channel} is not configured; give it an address in the setting notice_channels"
        return ""

    def _below_home(self, reference: str) -> str:
        kind, _, name = reference.partition(":")
        if kind != "file" or name.startswith("~"):
            return reference
        return f"file:{self._home / name}"


def _addressed(url: str, to: Recipient) -> str:
    address = to.address
    if to.channel in {Channel.SMS, Channel.PHONE}:
        address = "".join(c for c in address if c.isdigit() or c == "+")
    return url.strip().replace("{to}", quote(address, safe=""))


def _hand_over(url: str, to: Recipient, words: NoticeText, identity: str, timeout: float) -> Try:
    apprise = _apprise()
    with _overheard() as heard:
        service = _service(apprise, url)
        if service is None:
            return Try(
                TryOutcome.REFUSED,
                f"what is kept as the address of {to.channel.value} is no Apprise URL; docs/notices.md shows some",
            )
        service.socket_connect_timeout = service.socket_read_timeout = timeout
        if isinstance(getattr(service, "headers", None), dict):
            service.headers["X-Driftvakt-Notice"] = identity
        brief = to.channel in {Channel.SMS, Channel.PHONE}
        title, body = ("", words.short) if brief else (words.subject, words.text)
        if to.channel is Channel.CHAT:
            title, body = _calls_nobody(title), _calls_nobody(body)
        try:
            sent = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
        except Exception as error:  # a plugin's own mistake: whether it had sent is not known
            return Try(TryOutcome.UNKNOWN, f"the channel broke off ({type(error).__name__})")
    return Try(TryOutcome.SENT) if sent else heard.verdict()


def _calls_nobody(text: str) -> str:
    """The text so that no chat takes a word in it for a call to everybody: it may be from an alarm that anybody can cause."""
    return re.sub(r"<(?=[!@#])|@(?=channel|here|all|everyone)", "\\g<0>\u2060", text)


def _service(apprise: Any, url: str) -> Any:
    try:
        service = apprise.Apprise.instantiate(url, asset=_sender(apprise), suppress_exceptions=False)
        if service is None and url.startswith(("http://", "https://")):
            # A webhook of nobody whom Apprise knows by name gets plain JSON.
            url = "json" + url.removeprefix("http")
            service = apprise.Apprise.instantiate(url, asset=_sender(apprise), suppress_exceptions=False)
    except Exception:  # its text may repeat the URL
        return None
    return service


def _sender(apprise: Any) -> Any:
    """Who writes, where a chat or a mail's header shows it; no pictures from other people's servers."""
    return apprise.AppriseAsset(
        app_id="Driftvakt", app_desc="Driftvakt", app_url="", image_url_mask="", image_url_logo="", default_extension=""
    )


_loading: Final = threading.Lock()


def _apprise() -> Any:
    """Apprise, loaded when it is first needed: with its hundred channels it takes a moment."""
    with _loading:
        return _load()


@cache
def _load() -> Any:
    # It tells addresses when it debugs, and so does the library below it.
    _log.addFilter(_ears)
    _log.propagate = False
    _log.setLevel(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # It looks for a module of Python 3.11 that 3.13 no longer has.
        warnings.filterwarnings("ignore", message="'imghdr' is deprecated", category=DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")
    return apprise


class _Heard:
    """What Apprise said of one try, and the errors that it swallowed."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.error: BaseException | None = None
        self.inside_conversation = False

    def verdict(self) -> Try:
        """Why it was not sent."""
        error = self.error
        if error is None:
            # The last warning says with which status it was refused.
            return Try(TryOutcome.NOT_NOW, self.said[-1] if self.said else "the channel refused it and did not say why")
        if isinstance(error, smtplib.SMTPResponseException):
            return _answered(error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return _answered(*next(iter(error.recipients.values())))
        reason = _reason(error)
        if _never_arrived(error) or (_of_mail(error) and not self.inside_conversation):
            return Try(TryOutcome.NOT_NOW, f"the channel was not reached: {reason}")
        return Try(TryOutcome.UNKNOWN, f"the channel went silent after it may have taken it: {reason}")


def _answered(code: int, text: bytes | str) -> Try:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    final = 500 <= code < 600
    return Try(TryOutcome.REFUSED if final else TryOutcome.NOT_NOW, f"the mail server says {code} {said}")


class _Ears(logging.Filter):
    """Hears Apprise's log for whoever sends in the same thread, and tells nobody else."""

    def __init__(self) -> None:
        super().__init__()
        self.listening = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Note what was said, and the error that is being handled while it is said; let nothing pass."""
        heard: _Heard | None = getattr(self.listening, "heard", None)
        if heard is None:
            return False
        error = sys.exc_info()[1]
        if error is not None and heard.error is None:
            heard.error = error
            # Apprise's name for the part after connecting and logging in.
            heard.inside_conversation = record.funcName == "sendmail"
        if record.levelno >= logging.WARNING:
            heard.said.append(" ".join(record.getMessage().split()))
        return False


_ears: Final = _Ears()
_log: Final = logging.getLogger("apprise")


@contextmanager
def _overheard() -> Iterator[_Heard]:
    heard = _Heard()
    _ears.listening.heard = heard
    try:
        yield heard
    finally:
        _ears.listening.heard = None


def _of_mail(error: BaseException) -> bool:
    import requests

    return isinstance(error, OSError | smtplib.SMTPException) and not isinstance(error, requests.RequestException)


def _never_arrived(error: BaseException) -> bool:
    """Whether the connection was never made, so that surely nothing was sent."""
    import requests
    import urllib3.exceptions as below

    if isinstance(error, ConnectionRefusedError | requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, below.NewConnectionError | below.ConnectTimeoutError | below.SSLError)


def _reason(error: BaseException) -> str:
    """Our words for an error: the library's own may hold the address, with its secret."""
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
