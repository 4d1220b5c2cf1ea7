"""What the host is told about an exception that an author's code raised, whatever the object does when it is read.

A stack holds the author's frames only, outermost first:

      File "src/api/sync/customers.py", line 12, in POST
      File "src/lib/stripe.py", line 30, in get
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, cast

from guest_sdk._runtime.host import HOST_ERRORS
from guest_sdk._runtime.json import to_json, type_name
from guest_sdk.errors import BackfillError

FileOf = Callable[[str], "str | None"]
"""(a frame's file name) → the file as the project names it; None where it is not the author's."""


MESSAGE_CHARS = 8_192
STACK_CHARS = 16_384
_FRAMES = 40
_NAME_CHARS = 128
_CAUSES = 4
_MEMBERS = 5

# By these two pairs of name and message the host knows limits from errors of the author's own.
_TOO_DEEP = "maximum recursion depth exceeded"
_OUT_OF_MEMORY = '{"name":"MemoryError","code":"handler_error","message":"out of memory","stack":""}'
_UNREADABLE = '{"name":"Error","code":"handler_error","message":"","stack":""}'

_traceback_of = BaseException.__dict__["__traceback__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_is_suppressed = BaseException.__dict__["__suppress_context__"].__get__


def _as_it_is(file: str) -> str | None:
    return file


_file_of: FileOf = _as_it_is


def connect(file_of: FileOf) -> None:
    """Say which frames are the author's, for every stack from now on."""
    global _file_of
    _file_of = file_of


def thrown_text(thrown: BaseException) -> str:
    """The JSON text of `{name, code, message, stack}`. Never raises."""
    if type(thrown) is MemoryError:
        return _OUT_OF_MEMORY
    try:
        return _thrown_text(thrown)
    except MemoryError:
        return _OUT_OF_MEMORY
    except BaseException:
        return _UNREADABLE


def _thrown_text(thrown: BaseException) -> str:
    name, code, message = facts_of(thrown)
    stack = stack_of(thrown)
    return (
        f'{{"name":{to_json(name, "name")},"code":{to_json(code, "code")}'
        f',"message":{to_json(message, "message")},"stack":{to_json(stack, "stack")}}}'
    )


def facts_of(thrown: BaseException) -> tuple[str, str, str]:
    """Its name, code and message. The host's errors keep their code, all others are `handler_error`."""
    kind = type(thrown)
    # By its type: an object can say that its class is another.
    if kind is BackfillError or kind in HOST_ERRORS.values():
        try:
            known = cast(BackfillError, thrown)
            name, code, message = str(known.name), str(known.code), str(known.message)
            return name[:_NAME_CHARS], code, message[:MESSAGE_CHARS]
        except AttributeError:
            pass
    return type_name(thrown)[:_NAME_CHARS], "handler_error", message_of(thrown)


def message_of(thrown: BaseException) -> str:
    """What it says of itself; an empty text where it cannot."""
    if type(thrown) is RecursionError:
        # CPython adds what it was doing at that moment.
        return _TOO_DEEP
    try:
        text = str(thrown)
    except BaseException:
        return ""
    # A subclass of str may do what it likes when it is cut.
    return str.__str__(text)[:MESSAGE_CHARS]


def stack_of(thrown: BaseException) -> str:
    """Its frames, then those of what caused it and of the members of a group, each under its own line."""
    lines = _frames(cast("TracebackType | None", _traceback_of(thrown)))
    seen = [thrown]
    cause = _cause(thrown)
    while cause is not None and len(seen) <= _CAUSES and not any(cause is one for one in seen):
        lines += [f"caused by {headline(cause)}\n"]
        lines += _frames(cast("TracebackType | None", _traceback_of(cause)))
        seen.append(cause)
        cause = _cause(cause)
    if issubclass(type(thrown), BaseExceptionGroup):
        for member in _members(cast("BaseExceptionGroup[Any]", thrown)):
            lines += [f"with {headline(member)}\n"]
            lines += _frames(cast("TracebackType | None", _traceback_of(member)))
    return "".join(lines)[:STACK_CHARS]


def author_line(thrown: BaseException) -> tuple[str, int] | None:
    """The innermost line of the author's that it passed through."""
    found: tuple[str, int] | None = None
    at = cast("TracebackType | None", _traceback_of(thrown))
    while at is not None:
        file = _file_of(at.tb_frame.f_code.co_filename)
        if file is not None:
            found = (file, at.tb_lineno)
        at = at.tb_next
    return found


def _frames(at: TracebackType | None) -> list[str]:
    lines: list[str] = []
    skipped = 0
    while at is not None:
        code = at.tb_frame.f_code
        file = _file_of(code.co_filename)
        if file is not None:
            if len(lines) == _FRAMES:
                # The two ends of a deep recursion say where it began and where it broke.
                del lines[_FRAMES // 2]
                skipped += 1
            lines.append(f'  File "{file}", line {at.tb_lineno}, in {code.co_name[:_NAME_CHARS]}\n')
        at = at.tb_next
    if skipped:
        lines.insert(_FRAMES // 2, f"  … {skipped} more frames\n")
    return lines


def _cause(thrown: BaseException) -> BaseException | None:
    cause = cast("BaseException | None", _cause_of(thrown))
    if cause is not None:
        return cause
    return None if _is_suppressed(thrown) else cast("BaseException | None", _context_of(thrown))


def headline(thrown: BaseException) -> str:
    """`Name: message` on one line."""
    message = message_of(thrown)[:256].replace("\n", " ")
    return f"{type_name(thrown)[:_NAME_CHARS]}: {message}" if message else type_name(thrown)[:_NAME_CHARS]


def _members(group: BaseExceptionGroup[Any]) -> tuple[BaseException, ...]:
    try:
        members = cast("tuple[BaseException, ...]", BaseExceptionGroup.exceptions.__get__(group))
    except AttributeError:
        members = group.exceptions
    return members[:_MEMBERS]
