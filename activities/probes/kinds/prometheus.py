"""Probes that query a Prometheus server for one number."""

from __future__ import annotations

import json
from typing import Any

import httpx

from activities.probes.finding import ProbeFinding, no_data, ok
from activities.probes.http_clients import HttpAnswer, http_clients, http_failure, parse_url
from activities.probes.kinds import carries_out
from activities.probes.numbers import as_number
from activities.probes.tools import ProbeTools
from models.probes import PrometheusProbe


@carries_out(PrometheusProbe)
async def carry_out(probe: PrometheusProbe, tools: ProbeTools) -> ProbeFinding:
    """Send the query to the HTTP API. One series or a scalar gives the value; everything else is no data."""
    server = parse_url(probe.server)
    await tools.find_name(server.host, probe.timeout)
    url = server.copy_with(path=server.path.rstrip("/") + "/api/v1/query", params={"query": probe.query})
    request = httpx.Request("GET", url, headers={"accept": "application/json", "accept-encoding": "identity"})
    try:
        return _judge(await tools.kept(http_clients).ask(request, verify=True))
    except httpx.HTTPError as error:
        return http_failure(error).as_no_data()


def _judge(answer: HttpAnswer) -> ProbeFinding:
    try:
        document = json.loads(answer.body)
        if document["status"] != "success":
            return no_data(f"Prometheus refuses the query: {document['errorType']}")
        data = document["data"]
        return _number(data["resultType"], data["result"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return no_data(f"HTTP {answer.status} is not an answer of Prometheus")


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
