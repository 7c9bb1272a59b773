"""Connects to Temporal: to the embedded server, or to the cluster that settings or the environment name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from models.converter import data_converter
from models.errors import SettingsError, TemporalUnavailableError
from models.settings import Settings

log = logging.getLogger("driftvakt.temporal")

_LONGEST_WAIT_S: Final = 15
_PAUSE_S: Final = 0.5


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """Return a client. A lazy client connects at its first use, so that its process can start before Temporal does.

    Raise `TemporalUnavailableError` when Temporal does not answer, and `SettingsError` when `TEMPORAL_*` or the profile is wrong.
    """
    options = client_options(settings)
    try:
        async with asyncio.timeout(_LONGEST_WAIT_S):
            return await Client.connect(**options, data_converter=data_converter, lazy=lazy)
    except (RuntimeError, RPCError, TimeoutError) as error:
        raise TemporalUnavailableError(
            f"Temporal does not answer at {options['target_host']}; start it with `driftvakt up`, or set temporal_address"
        ) from error
    except ValueError as error:
        raise SettingsError(f"the Temporal address {options['target_host']!r} cannot be used: {error}") from None


async def connect_patiently(settings: Settings) -> Client:
    """Return a client; retry without a limit while Temporal is unavailable. For processes that wait for Temporal."""
    tries = 0
    while True:
        try:
            return await connect(settings)
        except TemporalUnavailableError as error:
            tries += 1
            # To keep the log short, only attempts 1, 2, 4, 8 and so on are logged.
            if tries.bit_count() == 1:
                log.warning("%s; trying again", error)
            await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def connected(settings: Settings, *, patiently: bool = False) -> AsyncIterator[Client]:
    """Connect a client for the block. Close it so that the interpreter does not crash at its end."""
    try:
        client = await (connect_patiently if patiently else connect)(settings)
        yield client
        del client
    finally:
        # Without this pause for its threads, the SDK crashes the interpreter at exit (sdk-python #300). A connection that
        # failed has threads, too.
        await asyncio.sleep(0.05)


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the arguments for `Client.connect`: Temporal's environment and profile, overridden by Driftvakt's settings."""
    try:
        options: dict[str, Any] = {**ClientConfig.load_client_connect_config()}
    except (RuntimeError, ValueError, OSError) as error:
        raise SettingsError(f"TEMPORAL_* or the Temporal profile cannot be read: {error}") from None
    if settings.temporal_address is not None or "target_host" not in options:
        options["target_host"] = settings.temporal_target
    if "temporal_namespace" in settings.model_fields_set or "namespace" not in options:
        options["namespace"] = settings.temporal_namespace
    return options
