"""Names to addresses: looked up once, under the deadline, and refused when any of them is off limits."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import TypeAlias

from policies.addresses import denied_network
from sandbox_host.egress.wire import Deadline
from sandbox_host.errors import EgressBlocked

Resolver: TypeAlias = Callable[[str, int], list[str]]
"""(host, port) → addresses as text; raises OSError when there are none."""

_LOOKUPS = threading.BoundedSemaphore(64)
"""How many look-ups may hang at once: each holds a thread until the system's resolver gives up."""


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that the operating system gives for a name, each once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def look_up(resolver: Resolver, host: str, port: int, deadline: Deadline) -> list[str]:
    """What `resolver` answers, in time. Raises HttpTimeout; EgressBlocked for a name without an address."""
    places = _LOOKUPS
    if not places.acquire(timeout=deadline.remaining()):
        raise deadline.passed()
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def run() -> None:
        found: list[str] = []
        try:
            found = list(resolver(host, port))
        except (OSError, UnicodeError):
            pass
        finally:
            places.release()
            answers.put(found)

    # getaddrinfo cannot be interrupted: it is left behind, and what it says later is not read.
    threading.Thread(target=run, name="egress-lookup", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.remaining())
    except queue.Empty:
        raise deadline.passed() from None
    if not found:
        raise EgressBlocked(f"{host} could not be resolved")
    return found


def checked_addresses(host: str, found: list[str]) -> list[str]:
    """The addresses in canonical form, all of them allowed.

    One bad address refuses the name: whoever answers for it could otherwise offer a public address beside a
    private one, and wait for us to try both. Raises EgressBlocked.
    """
    checked: list[str] = []
    for text in found:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise EgressBlocked(f"{host} does not resolve to an internet address") from None
        reason = denied_network(address)
        if reason is not None:
            raise EgressBlocked(f"{host} resolves to an address that may never be reached ({reason})")
        checked.append(str(address))
    return checked
