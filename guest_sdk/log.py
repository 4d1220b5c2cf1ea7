"""`Log`: the run's log. `print` writes to it as well, at debug level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from guest_sdk._runtime.errors import facts_of, stack_of
from guest_sdk._runtime.host import ask

__all__ = ["Log", "LogApi"]


class LogApi:
    """The run's log. Give `message` a short stable text and put what varies into `data`.

    data: plain JSON; an exception in it, itself or as a member of a dict, becomes its name, message and stack.
    """

    __slots__ = ()

    def debug(self, message: str, data: object = None) -> None:
        """Hidden by default."""
        _write("debug", message, data)

    def info(self, message: str, data: object = None) -> None:
        _write("info", message, data)

    def warn(self, message: str, data: object = None) -> None:
        _write("warn", message, data)

    def error(self, message: str, data: object = None) -> None:
        _write("error", message, data)


def _write(level: str, message: str, data: object) -> None:
    ask("log", "write", {"level": level, "message": message}, {"data": _with_exceptions(data)})


def _with_exceptions(data: object) -> object:
    if isinstance(data, BaseException):
        return _fields(data)
    if isinstance(data, dict):
        given = cast("Mapping[str, object]", data)
        if any(isinstance(value, BaseException) for value in given.values()):
            return {
                name: _fields(value) if isinstance(value, BaseException) else value
                for name, value in given.items()
            }
    return cast(object, data)


def _fields(error: BaseException) -> dict[str, str]:
    name, _, message = facts_of(error)
    return {"name": name, "message": message, "stack": stack_of(error)}


Log = LogApi()
"""The run's log."""
