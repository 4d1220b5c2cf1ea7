"""`backfill demo`."""

from __future__ import annotations


def demo() -> None:
    """Show the sandbox at work on the Stripe example."""
