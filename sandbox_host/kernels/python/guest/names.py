"""Which names a project's code may bind and read: one rule for what is written and for what is asked by text.

Ordinary names, `_helper` and `self.__private` included, are the author's. Reserved are `__dunder__` names, apart
from the listed ones, `_sunder_` names, apart from those that Python documents for enums, and whatever leads from a
value to frames and code.
"""

from __future__ import annotations

import types

_METHODS = """
    __init__ __new__ __post_init__ __call__ __str__ __repr__ __format__ __bytes__ __hash__ __bool__
    __eq__ __ne__ __lt__ __le__ __gt__ __ge__
    __enter__ __exit__ __iter__ __next__ __reversed__
    __len__ __contains__ __getitem__ __setitem__ __delitem__ __missing__
    __int__ __float__ __complex__ __index__ __round__ __trunc__ __floor__ __ceil__
    __neg__ __pos__ __abs__ __invert__
    __add__ __sub__ __mul__ __matmul__ __truediv__ __floordiv__ __mod__ __divmod__ __pow__
    __lshift__ __rshift__ __and__ __xor__ __or__
    __radd__ __rsub__ __rmul__ __rmatmul__ __rtruediv__ __rfloordiv__ __rmod__ __rdivmod__ __rpow__
    __rlshift__ __rrshift__ __rand__ __rxor__ __ror__
    __iadd__ __isub__ __imul__ __imatmul__ __itruediv__ __ifloordiv__ __imod__ __ipow__
    __ilshift__ __irshift__ __iand__ __ixor__ __ior__
    __copy__ __deepcopy__ __replace__
"""
CLASS_METHODS = frozenset(_METHODS.split())
"""Methods that a class may define, and that may be called by name, as in `super().__init__()`."""

CLASS_HOOKS = frozenset({"__getattr__", "__get__", "__set__", "__set_name__", "__class_getitem__"})
"""Methods that a class may define and nobody may ask for: of other values they would answer any name."""

READABLE = CLASS_METHODS | {"__name__", "__qualname__", "__doc__", "__members__"}
"""Dunder attributes that may be read of any value: methods as above, texts, and the members of an enum."""

MODULE_NAMES = frozenset({"__name__", "__doc__", "__all__", "__version__", "__author__", "__debug__"})
"""Dunder names that a module may read; all but the first two and the last it may also set."""

ENUM_NAMES = frozenset(
    {"_missing_", "_value_", "_name_", "_generate_next_value_", "_ignore_", "_order_", "_numeric_repr_"}
)
"""`_sunder_` names that Python documents for enums. The others are RestrictedPython's guards, and parts of
`enum` that make classes out of whole modules (`_convert_`)."""

_FRAMES = (
    types.FrameType,
    types.CodeType,
    types.TracebackType,
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
)
INSPECTION = frozenset(
    name
    for kind in _FRAMES
    for name in dir(kind)
    if name.startswith(("f_", "co_", "tb_", "gi_", "cr_", "ag_"))
) | {"mro"}
"""Attributes that lead from a value to frames and code; taken from the interpreter that runs, so none is missed."""

FORMATTING = frozenset({"format", "format_map"})
"""Methods of text that read attributes by name; reading them goes through `formatting.attribute`."""

INSTEAD = {
    "__class__": "use type(x), or x.__class__.__name__ for its name",
    "__dict__": "keep the values in a dict, or use dataclasses.asdict",
    "__slots__": "leave it out, or use @dataclass(slots=True)",
    "__del__": "use a with statement",
    "__init_subclass__": "use a class decorator",
    "__metaclass__": "use a class decorator",
    "__import__": "write an import statement",
    "__file__": "there are no files here",
    "__builtins__": "use the builtins by their names",
    "__traceback__": "log the error itself: its place is kept",
    "__setattr__": "use setattr",
    "__getattribute__": "use getattr, or define __getattr__",
    "__match_args__": "write it as a tuple of names, in the class",
}
"""What to write instead of a reserved name."""


def is_dunder(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def attribute_problem(name: str, *, store: bool = False) -> str | None:
    """Why no attribute of this name may be read (or set or deleted: `store`), or None."""
    if name in INSPECTION:
        return f'"{name}" may not be used: it leads to frames and code'
    if is_dunder(name):
        return None if name in READABLE and not store else _reserved(name)
    return _shape_problem(name)


def variable_problem(name: str, *, in_class: bool = False, store: bool = False) -> str | None:
    """Why this may not be the name of a variable, parameter, function, class or import, or None.

    in_class: it stands in the body of a class, where the listed methods may be defined.
    """
    if is_dunder(name):
        if name in CLASS_METHODS or name in CLASS_HOOKS:
            return None if in_class or not store else f'"{name}" may only be defined in a class'
        if name in MODULE_NAMES and not (store and name in {"__name__", "__doc__", "__debug__"}):
            return None
        return _reserved(name)
    return _shape_problem(name)


def _shape_problem(name: str) -> str | None:
    bare = name.strip("_")
    if not bare:
        return None
    if name.endswith("__"):
        return f'"{name}" may not be used: names that end in "__" are reserved'
    if name.startswith("_") and not name.startswith("__") and name.endswith("_") and name not in ENUM_NAMES:
        return f'"{name}" may not be used: names of the form "_x_" are reserved'
    return None


def _reserved(name: str) -> str:
    way_out = INSTEAD.get(name)
    return f'"{name}" may not be used' + (f"; {way_out}" if way_out else "")
