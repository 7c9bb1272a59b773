"""Asking a Prometheus server for one number."""

from __future__ import annotations

import json
from typing import Any

import httpx

from activities.probes.finding import ProbeFinding, no_data, ok
from activities.probes.http import parse_url
from activities.probes.http_clients import HttpAnswer, HttpClients
from activities.probes.numbers import as_number
from models.probes import PrometheusProbe


async def probe_prometheus(probe: PrometheusProbe, clients: HttpClients) -> ProbeFinding:
    """Put the query to the HTTP API; one series or a scalar is the value, everything else is no data."""
    server = parse_url(probe.server)
    url = server.copy_with(path=server.path.rstrip("/") + "/api/v1/query", params={"query": probe.query})
    request = httpx.Request("GET", url, headers={"accept": "application/json", "accept-encoding": "identity"})
    return _judge(await clients.ask(request, verify=True))


def _judge(answer: HttpAnswer) -> ProbeFinding:
    try:
        document = json.loads(answer.body)
        if document["status"] != "success":
            return no_data(f"Prometheus refuses the query: {document['errorType']}")
        data = document["data"]
        return _number(data["resultType"], data["result"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return no_data(f"HTTP {answer.status} is no answer of Prometheus")


def _number(kind: str, result: Any) -> ProbeFinding:
    if kind == "vector":
        if not result:
            return no_data("the query finds no series")
        if len(result) > 1:
            return no_data(f"the query finds {len(result)} series; write one that gives a single one")
        result = result[0]["value"]
    elif kind != "scalar":
        return no_data(f"the query gives a {kind[:20]}; write one that gives a single number")
    number = as_number(result[1])
    return no_data("the query gives no finite number") if number is None else ok("", number)
