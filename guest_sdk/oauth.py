"""`OAuth`: tokens of the connection that the host connected. Connectors with `connection.oauth` only."""

from __future__ import annotations

from guest_sdk._runtime.host import ask

__all__ = ["OAuth", "OAuthApi"]


class OAuthApi:
    """Tokens of the connection. Raises NotAvailable outside a connector, and where there is none."""

    __slots__ = ()

    def access_token(self) -> str:
        """A token that is valid now."""
        return ask("oauth", "accessToken")


OAuth = OAuthApi()
"""Tokens of an OAuth connection; connectors only."""
