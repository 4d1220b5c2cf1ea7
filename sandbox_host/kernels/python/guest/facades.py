"""Modules as a project sees them: the listed names and no more, and none of them can be set."""

from __future__ import annotations

from typing import Any, NoReturn

_MANY = 40
"""More names than this are not read by anybody who mistyped one."""


class _Fixed(type):
    def __setattr__(cls, name: str, value: Any) -> NoReturn:
        raise AttributeError(f'"{name}" of a module may not be set')

    def __delattr__(cls, name: str) -> NoReturn:
        raise AttributeError(f'"{name}" of a module may not be deleted')


class Facade(metaclass=_Fixed):
    """A module's names as attributes. It is no module object: it leads to no loader, no `sys` and no globals.

    Its names are looked up in the dict that it was made of, as it is at the time, so what a project's module
    rebinds is seen by the others.
    """

    __slots__ = ("__dict__",)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(missing(self, name))

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f'"{name}" of {self!r} may not be set from outside it')

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f'"{name}" of {self!r} may not be deleted from outside it')

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{self!r} cannot be copied")

    def __repr__(self) -> str:
        return f"<module {_namespace(self).get('__name__', '?')}>"

    @property
    def __name__(self) -> NoReturn:
        # A failing "from x import y" looks for `x.y` among the interpreter's own modules, if x has a name.
        raise AttributeError("a module has no __name__ from outside")


def facade(namespace: dict[str, Any]) -> Facade:
    """A module of these names. `__name__` says what it is called."""
    made = object.__new__(Facade)
    object.__setattr__(made, "__dict__", namespace)
    return made


def _namespace(module: Facade) -> dict[str, Any]:
    return object.__getattribute__(module, "__dict__")


def names_of(module: Facade) -> list[str]:
    """The public names of a module, sorted."""
    return sorted(name for name in _namespace(module) if not name.startswith("_"))


def missing(module: Facade, name: str) -> str:
    """What to say of a name that a module does not have."""
    names = names_of(module)
    offers = f"; it has {', '.join(names)}" if 0 < len(names) <= _MANY else ""
    return f'{_namespace(module).get("__name__", "?")} has no "{name}"{offers}'
