"""The way out: the only room that opens a connection to the outside.

    base.py       what every egress is: a request in, an answer or a typed error out; `ClosedEgress`
    network.py    `NetworkEgress`: resolve once, check every address, connect to a checked one, one deadline
    resolving.py  names to addresses, under the deadline, refused when any of them is off limits
    wire.py       the deadline, and the socket that keeps it
    body.py       the answer's headers and body, under caps, decompressed within bounds
    mapping.py    `--egress-map`: where a provider answers from instead
    mapped.py     `MappedEgress`: those origins and no others
    stubs.py      `StubEgress`: answers from a file
    headers.py    which request headers a guest may set, and which of them survive a change of host
    redirects.py  what a redirect asks for, hop by hop

Policy is not decided here: whoever calls `send` has asked before. What is decided here is what no manifest
can grant, that a name leads to an address of our own networks.
"""

from __future__ import annotations

from sandbox_host.egress.base import ClosedEgress, Egress, EgressRequest, EgressResponse
from sandbox_host.egress.mapped import MappedEgress
from sandbox_host.egress.mapping import EgressMapError, Origin, parse_egress_map
from sandbox_host.egress.network import NetworkEgress
from sandbox_host.egress.stubs import StubEgress, StubError, StubProblem, StubRow, read_stubs

__all__ = [
    "ClosedEgress",
    "Egress",
    "EgressMapError",
    "EgressRequest",
    "EgressResponse",
    "MappedEgress",
    "NetworkEgress",
    "Origin",
    "StubEgress",
    "StubError",
    "StubProblem",
    "StubRow",
    "parse_egress_map",
    "read_stubs",
]
