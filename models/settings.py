"""Settings of this installation: from the environment (`DRIFTVAKT_*`), then from `driftvakt.toml` in the home directory."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from models.channels import DeclaredChannel
from models.errors import SettingsError
from models.inputs import fault_text, said_of

_PREFIX: Final = "DRIFTVAKT_"

Port = Annotated[int, Field(ge=1, le=65535)]

_OWN_SOURCES = frozenset({"embedded", "by-hand", "hand", "merged", "intake", "dead-man", "drill", "group", "watch"})
"""The prefixes of the fingerprints of Driftvakt's own alarms."""


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # ~ of a user that is not known
        raise ValueError(f"{path} names the home of an unknown user") from None


def home_directory() -> Path:
    """Return the directory of all state: `DRIFTVAKT_HOME`, or `var/` in the current directory. Raise `SettingsError`
    for an invalid path.
    """
    try:
        return _absolute(Path(os.environ.get("DRIFTVAKT_HOME") or "var"))
    except ValueError as error:
        raise SettingsError(f"DRIFTVAKT_HOME: {error}") from None


class Settings(BaseSettings):
    """All settings; docs/settings.md describes each."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(default_factory=home_directory)
    """Directory of all state: Temporal's file, records, dossiers, keys, logs."""
    dossiers: Path | None = None
    """Directory of the dossiers that `driftvakt up` publishes; `dossiers/` in the home by default."""
    user: str | None = None
    """The person who gives commands: a contact of the dossiers, by e-mail address, name or `login`; your login name by
    default."""

    temporal_host: str = "127.0.0.1"
    """Address the embedded Temporal server binds."""
    temporal_port: Port = 7233
    """Port of the embedded Temporal server."""
    temporal_ui_port: Port = 8233
    """Port of the embedded server's UI."""
    temporal_metrics_port: Port = 8234
    """Port of the embedded server's metrics."""
    temporal_address: str | None = None
    """`HOST:PORT` of a Temporal cluster to use instead of the embedded server."""
    temporal_namespace: str = "default"
    """Temporal namespace."""
    temporal_ui_url: str | None = None
    """The address at which people open the Temporal UI; the embedded server's by default."""

    database_url: str | None = None
    """Records: `postgresql://...` or `sqlite:///...`; a file in the home by default."""

    intake_host: str = "127.0.0.1"
    """Address the alarm intake binds; an address other than loopback needs TLS or a proxy."""
    intake_port: Port = 8480
    """Port of the alarm intake."""
    intake_tls_certificate: Path | None = None
    """PEM file of the intake's certificate chain."""
    intake_tls_key: Path | None = None
    """PEM file of the intake's private key."""
    intake_behind_proxy: bool = False
    """A proxy in front of the intake ends TLS; the intake may then bind to other addresses without its own TLS."""
    intake_sources: dict[str, str] = {}
    """Senders of alarms with a reference to their bearer token: `{prometheus = "file:PATH"}` or `env:NAME`. Default:
    one source `default`, whose token `driftvakt up` writes to `intake.token` in the home."""

    provider_application: str = "driftvakt.intake"
    """The provider's own application; alarms that fit no other application open their incidents there."""

    notice_channels: dict[DeclaredChannel, str] = {}
    """The channels for notices, with a reference to the Apprise URL of each: `{email = "file:keys/mail-url"}` (below
    the home) or `env:NAME`; `{to}` in the URL stands for the receiver's address."""

    sites: list[str] = []
    """Sites whose hosts this worker reaches; empty: every site of the published dossiers."""
    workflow_worker: bool = True
    """Whether this worker runs workflows and writes records; off for a worker that only serves sites."""
    ssh_threads: Annotated[int, Field(ge=1, le=512)] = 64
    """Threads for SSH in a worker, which limits the hosts in parallel."""
    ssh_connect_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 15.0
    """Longest time for connecting, key exchange and logging in to a host."""
    ssh_idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    """How long an unused SSH connection is kept."""

    acted_hosts_per_hour: Annotated[int, Field(ge=1)] | None = 100
    """The most hosts, of all customers, on which Driftvakt acts within an hour before an operator must approve."""
    acted_customers_per_hour: Annotated[int, Field(ge=1)] | None = 10
    """The most customers on whose hosts Driftvakt acts within an hour before an operator must approve."""

    samples_kept_days: Annotated[int, Field(ge=1)] = 30
    """How long the embedded monitor keeps samples, if they are folded into the history."""
    history_kept_days: Annotated[int, Field(ge=1, le=36_500)] = 762
    """How long the history of measuring points is kept: spans, hours and days; 25 months by default."""
    monitor_start_spread_seconds: Annotated[float, Field(ge=0, le=300)] = 20.0
    """Seconds over which the embedded monitor spreads its first probes after a start."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=home_directory() / "driftvakt.toml")
        return init_settings, env_settings, file

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        if (self.intake_tls_certificate is None) != (self.intake_tls_key is None):
            raise ValueError("intake_tls_certificate and intake_tls_key go together: set both or neither")
        loopback = self.intake_host in {"localhost", "::1"} or self.intake_host.startswith("127.")
        if not loopback and self.intake_tls_certificate is None and not self.intake_behind_proxy:
            raise ValueError(
                f"intake_host {self.intake_host} is reachable from outside: set intake_tls_certificate and intake_tls_key, "
                "or intake_behind_proxy = true where a proxy ends TLS"
            )
        return self

    @field_validator("intake_sources")
    @classmethod
    def _named(cls, sources: dict[str, str]) -> dict[str, str]:
        for name in sources:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name):
                raise ValueError(
                    f"the source {name[:100]!r} must be named by up to 80 letters, digits, dots, dashes and underscores"
                )
            if name in _OWN_SOURCES:
                raise ValueError(f"the source {name!r} is one of Driftvakt's own; choose another name")
        return sources

    @field_validator("temporal_address")
    @classmethod
    def _with_port(cls, address: str | None) -> str | None:
        port = re.fullmatch(r"(?:\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):(\d{1,5})", address or "localhost:1")
        if port is None or not 1 <= int(port.group(1)) <= 65535:
            raise ValueError(
                f"{address} is not of the form HOST:PORT; write for example temporal.example.com:7233, without http://"
            )
        return address

    @field_validator("temporal_ui_url")
    @classmethod
    def _in_a_browser(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
            raise ValueError(f"{url} is not the URL of a page; write for example https://temporal.example.com")
        return url

    @field_validator("notice_channels")
    @classmethod
    def _by_reference(cls, channels: dict[str, str]) -> dict[str, str]:
        for channel, reference in channels.items():
            # Do not repeat the input: it may be the URL with its password.
            if not re.fullmatch(r"(env|file):.+", reference):
                raise ValueError(f"{channel} is given as env:NAME or file:PATH, where its Apprise URL is kept")
        return channels

    @cached_property
    def records_url(self) -> str:
        """The URL of the records database."""
        return self.database_url or f"sqlite:///{self.home / 'driftvakt.db'}"

    @cached_property
    def default_token(self) -> Path:
        """The file with the token of the source `default`."""
        return self.home / "intake.token"

    @cached_property
    def alarm_sources(self) -> dict[str, str]:
        """Senders of alarms, with references to their tokens."""
        return self.intake_sources or {"default": f"file:{self.default_token}"}

    @cached_property
    def dossier_directory(self) -> Path:
        """The directory of the dossiers."""
        return self.dossiers or self.home / "dossiers"

    @cached_property
    def temporal_target(self) -> str:
        """`HOST:PORT` of the Temporal frontend to connect to."""
        return self.temporal_address or f"{self.temporal_host}:{self.temporal_port}"

    @cached_property
    def ui_url(self) -> str:
        """Root of the Temporal UI, without a slash at the end."""
        return (self.temporal_ui_url or f"http://{self.temporal_host}:{self.temporal_ui_port}").rstrip("/")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raise `SettingsError` with one sentence for each fault."""
    _refuse_misspelt()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(
            fault_text(fault, Settings).replace("there is no field", "there is no setting")
            if fault["loc"]
            else said_of(fault)
            for fault in error.errors()
        )
        raise SettingsError(f"settings (DRIFTVAKT_* or {home_directory() / 'driftvakt.toml'}): {faults}") from None
    except SourceError as error:
        raise SettingsError(_not_json(str(error))) from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"settings: {home_directory() / 'driftvakt.toml'} cannot be read: {error}") from None


def _refuse_misspelt() -> None:
    """Refuse a variable whose name is almost that of a setting.

    Other unknown variables stay: a reference such as `env:DRIFTVAKT_MAIL` may name them.
    """
    for variable in os.environ:
        name = variable.removeprefix(_PREFIX).lower()
        if not variable.startswith(_PREFIX) or name in Settings.model_fields:
            continue
        if close := get_close_matches(name, Settings.model_fields, n=1, cutoff=0.8):
            raise SettingsError(f"settings: there is no setting {variable}, did you mean {_PREFIX}{close[0].upper()}")


def _not_json(complaint: str) -> str:
    """Return the sentence about a variable with a list or a table that is not JSON."""
    name = next((field for field in Settings.model_fields if f'"{field}"' in complaint), "")
    table = "dict" in str(Settings.model_fields[name].annotation) if name else False
    example = '{"prometheus": "file:PATH"}' if table else '["stockholm"]'
    return f"settings: {_PREFIX}{name.upper()} must be JSON, as in '{example}'"
