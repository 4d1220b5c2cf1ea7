"""What every egress is: a request in, an answer or a typed error out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from policies.urls import Url
from sandbox_host.errors import EgressBlocked


@dataclass(frozen=True, slots=True, repr=False)
class EgressRequest:
    """One exchange with a provider, allowed by the policy already.

    method: upper case.
    url: the guest's URL, also where a mapping or a stub answers for it.
    headers: in the order in which they are sent; without Host, Content-Length and the like, which are ours.
    body: None sends none; an empty one is sent as such.
    timeout_s: for the whole exchange, from the look-up of the name to the body's last byte.
    connect_timeout_s: for its beginning, until TLS stands.
    max_bytes: of the answer's body, as it arrives and decoded.
    """

    method: str
    url: Url
    headers: tuple[tuple[str, str], ...] = field(default=())
    body: bytes | None = None
    timeout_s: float = 10.0
    connect_timeout_s: float = 6.0
    max_bytes: int = 5 * 1024 * 1024

    def __repr__(self) -> str:
        # Headers, query and body hold credentials, and a repr ends up in logs.
        return f"<EgressRequest {self.method} {self.url.without_query()}>"


@dataclass(frozen=True, slots=True, repr=False)
class EgressResponse:
    """What the provider answered, decoded; header names in lower case, repeated headers joined with `, `."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<EgressResponse {self.status}, {len(self.body)} bytes>"


class Egress(Protocol):
    """A way out. Safe to use from many threads; nothing of one exchange is seen by the next."""

    def send(self, request: EgressRequest) -> EgressResponse:
        """Perform one exchange, without following redirects.

        Raises EgressBlocked where nothing may be reached or nothing answers, HttpTimeout when the time is up,
        ResponseTooLarge when the answer is over a cap.
        """
        ...

    def close(self) -> None:
        """Release what is held; `send` must not be called afterwards."""
        ...


class ClosedEgress:
    """No way out: a run with neither stubs nor network."""

    def send(self, request: EgressRequest) -> EgressResponse:
        raise EgressBlocked("no network for this run; pass --stub FILE or --network")

    def close(self) -> None:
        return
