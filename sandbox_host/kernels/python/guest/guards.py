"""The builtins of a project's modules: Python's own where they are harmless, guarded where they take a name."""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable
from typing import Any, NoReturn

from . import formatting
from .instead import CALLS
from .names import FORMATTING, attribute_problem

PLAIN = """
    None True False Ellipsis NotImplemented
    abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float
    format frozenset hash hex id int isinstance issubclass iter len list map max memoryview min next object oct ord pow
    property range repr reversed round set slice sorted staticmethod str sum super tuple zip
    __build_class__ __debug__
"""
"""Builtins as they are: they answer with values, and name no attribute."""

NOT_OFFERED_ERRORS = {"BaseExceptionGroup", "ExceptionGroup"}


def plain_builtins() -> dict[str, Any]:
    """The builtins that need no guard: those of PLAIN, and the exceptions."""
    offered = {name: getattr(builtins, name) for name in PLAIN.split()}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException) and name not in NOT_OFFERED_ERRORS:
            offered[name] = value
    return offered


def guest_builtins(importer: Callable[..., Any], write: Callable[[str], None]) -> dict[str, Any]:
    """All builtins of a project's modules.

    importer: does their import statements. write: takes what they print, each time without the end of its last line.
    """

    def guest_print(
        *values: Any, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
    ) -> None:
        text = (" " if sep is None else sep).join([str(value) for value in values])
        end = "\n" if end is None else end
        if file is None:
            write(text + end.removesuffix("\n"))
        else:
            file.write(text + end)

    guest_print.__name__ = guest_print.__qualname__ = "print"
    return {
        **plain_builtins(),
        "__import__": importer,
        "_getattr_": formatting.attribute,
        "_set_frozen_": set_frozen,
        "getattr": guarded_getattr,
        "hasattr": guarded_hasattr,
        "setattr": guarded_setattr,
        "delattr": guarded_delattr,
        "type": TypeOf,
        "print": guest_print,
        "open": refusing("open"),
        "input": refusing("input"),
    }


def refusing(name: str) -> Callable[..., NoReturn]:
    """A function that says what to use instead."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"{name}: {CALLS[name]}")

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    return refuse


def check_attribute(name: Any, *, store: bool = False) -> str:
    """The attribute's name, if it may be used. Raises AttributeError, or TypeError for what is no plain text."""
    if type(name) is not str:  # A subclass of str could answer differently the second time.
        raise TypeError("the name of an attribute must be text")
    found = attribute_problem(name, store=store)
    if found:
        raise AttributeError(found)
    return name


def guarded_getattr(value: Any, name: str, /, *default: Any) -> Any:
    """`getattr` under the rule for names. A name that may not be read is an attribute that is not there."""
    try:
        check_attribute(name)
        return formatting.attribute(value, name) if name in FORMATTING else getattr(value, name)
    except AttributeError:
        if len(default) == 1:
            return default[0]
        raise


def guarded_hasattr(value: Any, name: str, /) -> bool:
    try:
        getattr(value, check_attribute(name))
    except AttributeError:
        return False
    return True


def guarded_setattr(value: Any, name: str, new: Any, /) -> None:
    setattr(value, check_attribute(name, store=True), new)


def guarded_delattr(value: Any, name: str, /) -> None:
    delattr(value, check_attribute(name, store=True))


def set_frozen(value: Any, name: str, new: Any, /) -> None:
    """`object.__setattr__`, for the fields of a frozen dataclass; setattr for everything else."""
    parameters = getattr(type(value), "__dataclass_params__", None)
    is_frozen = parameters is not None and parameters.frozen
    put = object.__setattr__ if is_frozen else setattr
    put(value, check_attribute(name, store=True), new)


class _KindOfTypes(type):
    """Makes `isinstance(x, type)` and `type(x)` work for a `type` that makes no classes."""

    def __call__(cls, *values: Any) -> Any:
        if len(values) != 1:
            raise TypeError("type() takes one argument here; write a class statement to make a class")
        kind = type(values[0])
        # Of a class: not `type`, which takes a dict of any names and makes a class of it.
        return cls if issubclass(kind, type) else kind

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, type)

    def __subclasscheck__(cls, value: type) -> bool:
        return issubclass(value, type)

    def __setattr__(cls, name: str, value: Any) -> None:
        raise TypeError("type may not be changed")

    def __delattr__(cls, name: str) -> None:
        raise TypeError("type may not be changed")

    def __repr__(cls) -> str:
        return "<class 'type'>"


class TypeOf(metaclass=_KindOfTypes):
    """What a project's modules know as `type`."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        raise TypeError("type may not be the base of a class; use a class decorator")

    def __class_getitem__(cls, item: Any) -> Any:
        return types.GenericAlias(cls, item)
