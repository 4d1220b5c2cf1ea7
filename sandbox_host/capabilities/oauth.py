"""`OAuth`: the tokens of a connection that was made with a provider's "Connect". Connectors only."""

from __future__ import annotations

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask
from sandbox_host.errors import NotAvailable


class OAuthCapability:
    """`OAuth.accessToken`, for one run. token: the connection's, which the redactor knows; None where the connection
    has none: asking for it says so."""

    name = "oauth"
    actions = ("accessToken",)

    def __init__(self, token: str | None = None) -> None:
        self._token = token

    def ask(self, action: str, args: Args) -> Ask:
        if action not in self.actions:
            raise NotAvailable(f"OAuth has no {action!r}; it has accessToken")
        return Ask("connection", (Call(self.name, action),), self.access_token)

    def access_token(self, min_ttl_s: int = 0) -> str:
        """The token. min_ttl_s: for how long it should still be valid, in seconds; one that was given by hand is
        taken as it is. Raises NotAvailable."""
        if self._token is None:
            raise NotAvailable("this connection has no OAuth tokens; connect it to its provider first")
        return self._token
