"""What ends a host call, or a whole run, in a test."""

from __future__ import annotations

import re

from guest_sdk._runtime.host import HOST_ERRORS


class Refused(Exception):
    """A refusal or failure of a host call; the author's code gets the exception of that name from the SDK."""

    def __init__(self, name: str, message: str) -> None:
        assert name in HOST_ERRORS
        super().__init__(message)
        self.name = name
        self.code = snake_case(name)
        self.message = message


class LimitReached(Exception):
    """A limit of one run: more than 1,000 host calls or 50 HTTP requests. It ends the run.

    `name` is `CallLimit` or `SubrequestLimit`, `code` the same in snake case.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.code = snake_case(name)
        self.message = message


class RunEnded(BaseException):
    """Passes through the author's code once a limit is reached: its `except Exception` does not catch it."""


def snake_case(name: str) -> str:
    """`PermissionDenied` → `permission_denied`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def invalid(message: str) -> Refused:
    return Refused("InvalidArgument", message)


def not_valid(message: str) -> Refused:
    return Refused("ValidationError", message)
