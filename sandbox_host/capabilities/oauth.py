"""`OAuth`: the tokens of a connection that was made with a provider's "Connect". Connectors only."""

from __future__ import annotations

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import NotAvailable


class OAuthCapability:
    """`OAuth.accessToken`, for one run of a connection without OAuth tokens: asking for one says so."""

    name = "oauth"
    actions = ("accessToken",)

    def ask(self, action: str, args: Args) -> Ask:
        if action not in self.actions:
            raise NotAvailable(f"OAuth has no {action!r}; it has accessToken")
        return Ask("connection", (Call(self.name, action),), _no_tokens)


def _no_tokens() -> Json:
    raise NotAvailable("this connection has no OAuth tokens; connect it to its provider first")
