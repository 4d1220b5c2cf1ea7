"""The mapped origins and nothing else: `--egress-map` without `--network`."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox_host.egress.base import EgressRequest, EgressResponse
from sandbox_host.egress.mapping import Origin
from sandbox_host.egress.network import NetworkEgress
from sandbox_host.errors import EgressBlocked


class MappedEgress:
    """An `Egress` that reaches the targets of a mapping only."""

    def __init__(self, mapping: Mapping[Origin, Origin]) -> None:
        self._mapping = dict(mapping)
        self._network = NetworkEgress(mapping=self._mapping)

    def send(self, request: EgressRequest) -> EgressResponse:
        origin = Origin.of(request.url)
        if origin not in self._mapping:
            raise EgressBlocked(
                f"no network for this run, and {origin} is not mapped; pass --network to reach it"
            )
        return self._network.send(request)

    def close(self) -> None:
        self._network.close()
