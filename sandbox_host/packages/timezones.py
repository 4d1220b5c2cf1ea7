"""The names of time zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def is_timezone(name: str) -> bool:
    """Is this a name of the IANA time zone database? UTC is, whatever the machine knows.

    Names that mean another zone on another machine (`localtime`) and copies with other rules (`right/…`) are
    none.
    """
    if name in ("UTC", "Etc/UTC"):
        return True
    if (
        len(name) > 64
        or name.startswith(("posix/", "right/"))
        or name in ("localtime", "posixrules", "Factory")
    ):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
