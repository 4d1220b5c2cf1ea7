"""A project's modules, loaded from its files as the sandbox loads them from a bundle.

Import statements in them look in `src/` and in the project's folder first; a folder is a package with or without
`__init__.py`; a file is one module, whichever way it is imported. What is not the project's comes from this Python.
They are this runtime's own: another one loads its own, and `sys.modules` has them only while it is in use.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from guest_sdk._runtime import printing
from guest_sdk._runtime.declared import Declaration, declared_in
from guest_sdk.testing import guest
from guest_sdk.testing.discover import code_files

_ROOTS = ("src/", "")
_PACKAGE = "__init__.py"


class Modules(MetaPathFinder):
    """The modules of the project in a folder. files: its code, by path from there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = code_files(root)
        self._known = frozenset(self.files)
        self._folders = {folder for file in self.files for folder in _folders_above(file)}
        self._modules: dict[str, ModuleType] = {}
        self._declared: dict[str, list[Declaration]] = {}
        self._in_use = 0
        self._builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import, "print": _print}

    def load(self, file: str) -> ModuleType:
        """The module of a file, executed now if it was not before. Raises what the module raises."""
        with guest.loading(), self.in_use():
            return self._load(file)

    def function(self, file: str, name: str) -> guest.Handler:
        """A function that a file defines. Raises TypeError where it does not."""
        found: object = getattr(self.load(file), name, None)
        if not callable(found):
            raise TypeError(f"{file} defines no function {name}")
        return found

    def declared(self, file: str) -> list[Declaration]:
        """What `define_…` made in this module."""
        self.load(file)
        return self._declared[file]

    def path_of(self, file: str) -> str:
        return str(self.root / file)

    def own_file(self, path: str) -> str | None:
        """A frame's file as the project names it; None where it is not the project's code."""
        given = Path(path)
        file = given.relative_to(self.root).as_posix() if given.is_relative_to(self.root) else ""
        return file if file in self._known else None

    @contextmanager
    def in_use(self) -> Generator[None]:
        """`sys.modules` has them, for whatever looks a class's module up there; and import statements of a test find
        them."""
        self._in_use += 1
        if self._in_use > 1:
            try:
                yield
            finally:
                self._in_use -= 1
            return
        hidden = {name: sys.modules.pop(name) for name in self._names() if name in sys.modules}
        for place, module in self._modules.items():
            sys.modules[_own_name(place)] = module
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            self._in_use -= 1
            sys.meta_path.remove(self)
            own = {id(module) for module in self._modules.values()}
            for name in [name for name, module in sys.modules.items() if id(module) in own]:
                del sys.modules[name]
            sys.modules.update(hidden)

    def _names(self) -> set[str]:
        """Every name that an import statement may have for them."""
        names = {_own_name(place) for place in (*self.files, *(f"{folder}/" for folder in self._folders))}
        return names | {name.removeprefix("src.") for name in names}

    # Executing

    def _load(self, place: str) -> ModuleType:
        """The module of a file, or of a folder (named with a `/` at its end) that has no `__init__.py`."""
        if place in self._modules:
            return self._modules[place]
        packages = [self._package(folder) for folder in _folders_above(place)]
        for package in packages:
            self._load(package)
        if place in self._modules:  # Its package has imported it.
            return self._modules[place]
        name = _own_name(place)
        module = ModuleType(name)
        module.__dict__.update({"__builtins__": self._builtins, "__place__": place})
        if place.endswith(("/", "/" + _PACKAGE)):
            module.__path__ = []
        self._modules[place] = sys.modules[name] = module
        if packages:
            setattr(self._modules[packages[-1]], _stem(place), module)
        try:
            if not place.endswith("/"):
                self._execute(place, module)
        except BaseException:
            del self._modules[place]
            sys.modules.pop(name, None)
            raise
        return module

    def _execute(self, file: str, module: ModuleType) -> None:
        path = self.path_of(file)
        module.__file__ = path
        before = len(declared_in(path))
        code = compile(Path(path).read_text(encoding="utf-8"), path, "exec", dont_inherit=True)
        exec(code, module.__dict__)
        self._declared[file] = declared_in(path)[before:]

    def _package(self, folder: str) -> str:
        file = f"{folder}/{_PACKAGE}"
        return file if file in self._known else f"{folder}/"

    # Importing

    def _import(
        self,
        name: str,
        namespace: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What an import statement of the project's calls: `__import__`."""
        if level:
            place = self._relative(name, level, (namespace or {})["__place__"])
            return self._with_names(place, wanted or ())
        root = self._root(name)
        if root is None:
            return importlib.__import__(name, None, None, wanted or (), 0)
        place = self._find(root + name.replace(".", "/"))
        if place is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if wanted:
            return self._with_names(place, wanted)
        self._load(place)
        return self._load(self._find(root + name.partition(".")[0]) or place)

    def _root(self, name: str) -> str | None:
        """The first root that has all of `a.b.c`, else the first that has its beginning; None where none has."""
        first = name.partition(".")[0]
        roots = [root for root in _ROOTS if self._find(root + first)]
        if roots and (first in sys.stdlib_module_names or first == "guest_sdk"):
            found = self._find(roots[0] + first)
            raise ImportError(
                f'"{found}" has the name of a module of Python, {first}; give it another', name=name
            )
        whole = [root for root in roots if self._find(root + name.replace(".", "/"))]
        return next(iter([*whole, *roots]), None)

    def _relative(self, name: str, level: int, importer: str) -> str:
        folder = importer
        for _ in range(level):
            if not folder:
                raise ImportError(f'"{"." * level}{name}" leads out of the project')
            folder = folder.rpartition("/")[0]
        path = "/".join(part for part in (folder, *name.split(".")) if part)
        if not path:
            raise ImportError("the project's folder is no package; import its modules by their names")
        place = self._find(path)
        if place is None:
            written = "." * level + name
            raise ModuleNotFoundError(f"No module named {written!r}: there is no {path}.py", name=name)
        return place

    def _find(self, path: str) -> str | None:
        """The file of a module, or its folder; as in Python a package comes before a module."""
        for file in (f"{path}/{_PACKAGE}", f"{path}.py"):
            if file in self._known:
                return file
        return f"{path}/" if path in self._folders else None

    def _with_names(self, place: str, wanted: Sequence[str]) -> ModuleType:
        """The module, with the submodules loaded that a `from` wants of it."""
        module = self._load(place)
        folder = place.removesuffix(_PACKAGE) if place.endswith(("/", "/" + _PACKAGE)) else None
        for name in wanted:
            submodule = self._find(folder + name) if folder is not None else None
            if name not in module.__dict__ and submodule is not None:
                self._load(submodule)
        return module

    # Imports of a test, while a runtime is installed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As importlib asks for it."""
        first = fullname.partition(".")[0]
        if first in sys.stdlib_module_names or first == "guest_sdk":
            return None
        candidates = (self._find(root + fullname.replace(".", "/")) for root in _ROOTS)
        place = next((one for one in candidates if one is not None), None)
        if place is None:
            return None
        is_package = place.endswith(("/", "/" + _PACKAGE))
        return ModuleSpec(fullname, _Loaded(lambda: self.load(place)), is_package=is_package)


class _Loaded(Loader):
    """Hands a module to importlib that was executed already."""

    def __init__(self, load: Callable[[], ModuleType]) -> None:
        self._load = load

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._load()

    def exec_module(self, module: ModuleType) -> None:
        return


def _print(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
) -> None:
    """What is printed is a line of the run's log, and shown by the test's runner as ever."""
    if file is None:
        text = (" " if sep is None else sep).join(map(str, values))
        printing.write(text + ("" if end is None else end.removesuffix("\n")))
    print(*values, sep=sep, end=end, file=file, flush=flush)


def _own_name(place: str) -> str:
    """`src.lib.stripe`: its `__name__`."""
    return place.removesuffix("/" + _PACKAGE).removesuffix("/").removesuffix(".py").replace("/", ".")


def _stem(place: str) -> str:
    return _own_name(place).rpartition(".")[2]


def _folders_above(place: str) -> list[str]:
    """The packages that it is in, outermost first."""
    parts = place.removesuffix("/" + _PACKAGE).removesuffix("/").split("/")[:-1]
    return ["/".join(parts[: length + 1]) for length in range(len(parts))]
