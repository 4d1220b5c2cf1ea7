"""A project's modules, and what their import statements find.

In this order: `guest_sdk`; the project's own modules, looked for in `src/` and in the project's folder; the standard
modules of `offered`. Whatever is imported is a facade. A folder is a package, with or without `__init__.py`; modules
that import each other see one another half loaded, as in Python.
"""

from __future__ import annotations

import importlib
import random
import sys
import types
from collections.abc import Callable
from typing import Any

from . import facts, offered
from .facades import Facade, facade, missing, names_of
from .guards import guest_builtins
from .instead import module_message
from .names import attribute_problem
from .restricted import compile_guest, parse

SDK = "guest_sdk"
SOURCES = "src"
_PACKAGE = "__init__.py"

offered.prepare()


class Project:
    """The source files of one version, each executed when it is first asked for.

    files: path → source, with `/` between folders. write: takes what modules print, each time without the end of
    its last line.
    """

    def __init__(self, files: dict[str, str], write: Callable[[str], None]) -> None:
        self._files = {path: source for path, source in files.items() if path.endswith(".py")}
        self._folders = {folder for path in self._files for folder in _folders_above(path + "/")}
        self._code: dict[str, types.CodeType] = {}
        self._modules: dict[str, Facade] = {}
        self._namespaces: dict[str, dict[str, Any]] = {}
        self._loading: set[str] = set()
        self._offered: dict[str, Facade] = {}
        self._builtins = guest_builtins(self._import, write)

    def load(self, file: str) -> dict[str, object]:
        """The names of a module, executed now if it was not before.

        Raises RefusedCode (a SyntaxError with file and line), ImportError, or what the module itself raises. A
        module that raised is executed again by the next one that imports it, and raises again.
        """
        if file not in self._files:
            raise KeyError(file)
        self._load(file)
        return self._namespaces[file]

    def check(self, file: str) -> None:
        """Compile a module without executing it. Raises RefusedCode."""
        if file not in self._code:
            self._code[file] = compile_guest(self._files[file], file)

    def facts(self, file: str) -> dict[str, Any]:
        """What the module says as it is written, whether it loads or not: `facts.read` of its syntax tree. Raises
        RefusedCode where it has none."""
        return facts.read(parse(self._files[file], file))

    def begin(self) -> None:
        """A run begins. Seeding takes longer than many runs, so it is left out where nothing can tell."""
        if not offered.WITH_CHANCE.isdisjoint(self._offered):
            random.seed()

    # Executing

    def _load(self, place: str) -> Facade:
        """The module of a file, or of a folder (named with a `/` at its end) that has no `__init__.py`."""
        if place in self._modules:
            return self._modules[place]
        packages = [self._package(folder) for folder in _folders_above(place)]
        for package in packages:
            self._load(package)
        if place in self._modules:  # Its package has imported it.
            return self._modules[place]
        name = _own_name(place)
        namespace: dict[str, Any] = {"__name__": name, "__builtins__": self._builtins, "__place__": place}
        module = facade(namespace)
        outside = self._namespaces[packages[-1]] if packages else {}
        self._modules[place], self._namespaces[place], outside[_stem(place)] = module, namespace, module
        # Where `dataclasses` looks up the class's module.
        sys.modules[name] = module  # type: ignore[assignment]
        try:
            if not place.endswith("/"):
                self._execute(place, namespace)
        except BaseException:
            del self._modules[place], self._namespaces[place]
            outside.pop(_stem(place), None)
            sys.modules.pop(name, None)
            raise
        return module

    def _execute(self, file: str, namespace: dict[str, Any]) -> None:
        self.check(file)
        self._loading.add(file)
        try:
            exec(self._code[file], namespace)
        finally:
            self._loading.discard(file)

    def _package(self, folder: str) -> str:
        file = f"{folder}/{_PACKAGE}"
        return file if file in self._files else f"{folder}/"

    # Importing

    def _import(
        self,
        name: str,
        namespace: dict[str, Any] | None = None,
        _: object = None,
        wanted: tuple[str, ...] | list[str] | None = None,
        level: int = 0,
    ) -> Any:
        """What an import statement calls: as `__import__`, the module, or the first of `a.b.c` without a `from`."""
        if isinstance(wanted, list):
            # Only the interpreter asks with a list, as datetime.strptime does for its own parts
            # (PyImport_Import); it throws the answer away.
            return importlib.import_module(name)
        if level:
            place = self._relative(name, level, (namespace or {})["__place__"])
            return self._with_names(self._load(place), place, wanted or ())
        first = name.partition(".")[0]
        if first == SDK:
            return self._standard(name, wanted, self._sdk)
        root = self._root(name)
        place = self._find(root + name.replace(".", "/")) if root is not None else None
        if root is None or place is None:
            if first not in offered.NAMES:
                raise _not_offered(name)
            return self._standard(name, wanted, self._offered_module)
        module = self._load(place)
        if wanted:
            return self._with_names(module, place, wanted)
        return self._load(self._find(root + first) or place)

    def _root(self, name: str) -> str | None:
        """The first root that has all of `a.b.c`; None where none has its beginning."""
        parts = name.split(".")
        roots = [root for root in (f"{SOURCES}/", "") if self._find(root + parts[0])]
        if not roots:
            return None
        if parts[0] in sys.stdlib_module_names or parts[0] == SDK:
            found = self._find(roots[0] + parts[0])
            raise ImportError(
                f'"{found}" has the name of a module of Python, {parts[0]}; give it another', name=name
            )
        for root in roots:
            if self._find(root + "/".join(parts)):
                return root
        raise self._not_there(name, roots[0] + "/".join(parts))

    def _relative(self, name: str, level: int, importer: str) -> str:
        folder = importer
        for _ in range(level):
            if not folder:
                raise ImportError(f'"{"." * level}{name}" leads out of the project')
            folder = _folder(folder)
        path = "/".join(part for part in (folder, *name.split(".")) if part)
        if not path:
            raise ImportError("the project's folder is no package; import its modules by their names")
        place = self._find(path)
        if place is None:
            raise self._not_there("." * level + name, path)
        return place

    def _find(self, path: str) -> str | None:
        """The file of a module, or its folder; as in Python a package comes before a module."""
        for file in (f"{path}/{_PACKAGE}", f"{path}.py"):
            if file in self._files:
                return file
        return f"{path}/" if path in self._folders else None

    def _not_there(self, name: str, path: str) -> ModuleNotFoundError:
        folder = _folder(path)
        there = sorted(
            _stem(one) for one in self._files if _folder(one) == folder and _stem(one).isidentifier()
        )
        there = [one for one in there if one != "__init__"]
        offers = f"; {folder or 'the project'} has {', '.join(there)}" if there else ""
        return ModuleNotFoundError(f"No module named {name!r}: there is no {path}.py{offers}", name=name)

    def _with_names(self, module: Facade, place: str, wanted: tuple[str, ...]) -> Facade:
        """The module, with each of the names that a `from` wants of it: its own, else its submodules."""
        namespace = self._namespaces[place]
        folder = place.removesuffix(_PACKAGE) if place.endswith(("/", "/" + _PACKAGE)) else None
        for name in wanted:
            if name in namespace:
                continue
            submodule = self._find(folder + name) if folder is not None else None
            if submodule is not None:
                self._load(submodule)
            elif place in self._loading:
                raise ImportError(
                    f'{place} has no "{name}" yet: it is still being loaded, and imports this module itself; '
                    "import it in the function that uses it"
                )
            else:
                raise ImportError(missing(module, name))
        return module

    # What is not the project's

    def _standard(self, name: str, wanted: tuple[str, ...] | None, find: Callable[[str], Facade]) -> Facade:
        parts = name.split(".")
        first = module = find(parts[0])
        for length in range(2, len(parts) + 1):
            module = find(".".join(parts[:length]))
        for one in wanted or ():
            if one not in object.__getattribute__(module, "__dict__"):
                if message := module_message(f"{name}.{one}"):
                    raise ModuleNotFoundError(message, name=f"{name}.{one}")
                raise ImportError(missing(module, one))
        return module if wanted else first

    def _offered_module(self, name: str) -> Facade:
        if name in self._offered:
            return self._offered[name]
        if name not in offered.NAMES:
            raise _not_offered(name)
        module = self._offered[name] = offered.standard_module(name)
        if name in offered.WITH_CHANCE:
            random.seed()
        inside = object.__getattribute__(module, "__dict__")
        for other in offered.NAMES:
            if other.startswith(f"{name}."):
                inside[other.removeprefix(f"{name}.")] = self._offered_module(other)
        return module

    def _sdk(self, name: str) -> Facade:
        """The SDK's public names. Its submodules are not there, unless it lists them itself."""
        if name in self._offered:
            return self._offered[name]
        package, _, last = name.rpartition(".")
        if package and last not in names_of(self._sdk(package)):
            raise ModuleNotFoundError(f"No module named {name!r}; import from {SDK} itself", name=name)
        module = importlib.import_module(name)
        inside: dict[str, Any] = {"__name__": name}
        self._offered[name] = made = facade(inside)
        for one in module.__all__:
            value = getattr(module, one)
            inside[one] = self._sdk(value.__name__) if isinstance(value, types.ModuleType) else value
        return made


def _not_offered(name: str) -> ModuleNotFoundError:
    message = module_message(name) or (
        f"No module named {name!r} here. There are {offered.list_of_offered()}, guest_sdk, and the project's own, as "
        f"in src/{name.replace('.', '/')}.py"
    )
    return ModuleNotFoundError(message, name=name)


def _own_name(place: str) -> str:
    """`src.lib.stripe`: its `__name__`. Raises ImportError for one that Python itself has, or reserves."""
    name = place.removesuffix("/" + _PACKAGE).removesuffix("/").removesuffix(".py").replace("/", ".")
    for part in name.split("."):
        found = attribute_problem(part, store=True)
        if found:  # It would be an attribute of its package.
            raise ImportError(f'"{place}": {found}', name=name)
    known = sys.modules.get(name)
    if name in sys.stdlib_module_names or (known is not None and type(known) is not Facade):
        raise ImportError(f'"{place}" has the name of a module of Python; give it another', name=name)
    return name


def _folder(place: str) -> str:
    """The folder that holds it. A package's own file is in its folder, as a `/` at the end is."""
    return place.rpartition("/")[0]


def _stem(place: str) -> str:
    return place.removesuffix("/" + _PACKAGE).removesuffix("/").rpartition("/")[2].removesuffix(".py")


def _folders_above(place: str) -> list[str]:
    """The packages that it is in, outermost first."""
    parts = place.removesuffix("/" + _PACKAGE).removesuffix("/").split("/")[:-1]
    return ["/".join(parts[: length + 1]) for length in range(len(parts))]
