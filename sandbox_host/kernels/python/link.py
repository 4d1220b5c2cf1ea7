"""From the component that `componentize-py` builds to one core module that the kernel can run.

A component is a set of core modules with instructions how to wire them together. Here the wiring is read, each
module's imports are renamed to the instance they mean, and Binaryen's `wasm-merge` makes one module of all.
What is left is an ordinary module with one memory and the few imports and exports below: the kernel drives it like
the JavaScript engine, and no part of the component model is needed at run time.

`componentize-py --stub-wasi` gives the component a trap for each function of WASI. The few in `OURS` become imports
that the kernel implements (a clock, randomness, and "there are no folders"); all others stay traps.

Formats: the binary encodings of WebAssembly core and of the component model
(https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOST = "host"
"""The module that every import of the result names."""

OURS = {
    "wasi:clocks/wall-clock@0.2.0": {"now": "wall_clock"},
    "wasi:clocks/monotonic-clock@0.2.0": {"now": "monotonic_clock"},
    "wasi:random/random@0.2.0": {"get-random-bytes": "random_bytes"},
    "wasi:filesystem/preopens@0.2.0": {"get-directories": "no_folders"},
}
"""Functions of WASI that the kernel implements: interface → function → the import's name."""

IMPORTS = frozenset({"call", *(name for functions in OURS.values() for name in functions.values())})
EXPORTS = frozenset({"memory", "load", "call", "cabi_realloc", "cabi_post_load", "cabi_post_call"})

_FEATURES = tuple(
    f"--enable-{feature}"
    for feature in (
        "mutable-globals",
        "sign-ext",
        "nontrapping-float-to-int",
        "bulk-memory",
        "bulk-memory-opt",
        "multivalue",
        "reference-types",
        "extended-const",
    )
)
# Merged, a module's table offset is another one's global, for which Binaryen wants this; no types of it remain.
_MERGING = (*_FEATURES, "--enable-gc")

_CUSTOM, _CORE_MODULE, _CORE_INSTANCE, _ALIAS, _CANON = 0, 1, 2, 6, 8
_IMPORTS_SECTION, _GLOBALS_SECTION, _EXPORTS_SECTION, _START_SECTION = 2, 6, 7, 8
_FUNC, _TABLE, _MEMORY, _GLOBAL = 0, 1, 2, 3
_HOST_CALL = -1

_END = 0x0B
_WITH_NUMBER = frozenset({0x23, 0x41, 0x42, 0xD0, 0xD2})
"""global.get, i32.const, i64.const, ref.null, ref.func"""
_ARITHMETIC = frozenset({0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E})


class LinkError(RuntimeError):
    """The component is not of the form that this was written for."""


class Reader:
    """Reads the binary format's numbers and names, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """An unsigned LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def name(self) -> str:
        return self.take(self.number()).decode()

    def sections(self) -> Iterator[tuple[int, bytes]]:
        """The sections of a module or component: their kind and contents."""
        self.take(8)
        while self.at < len(self.data):
            kind = self.byte()
            yield kind, self.take(self.number())


def number(value: int) -> bytes:
    """An unsigned LEB128."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def text(value: str) -> bytes:
    data = value.encode()
    return number(len(data)) + data


@dataclass(frozen=True, slots=True)
class Item:
    """Something that an instance exports."""

    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class CoreInstance:
    """A module that is instantiated with other instances as its imports, or a bundle of their exports."""

    module: int | None
    imports: Mapping[str, int] = field(default_factory=dict[str, int])
    exports: Mapping[str, Item] = field(default_factory=dict[str, Item])


@dataclass(slots=True)
class Component:
    """A component's core modules and how they are wired."""

    modules: list[bytes] = field(default_factory=list[bytes])
    instances: list[CoreInstance] = field(default_factory=list[CoreInstance])
    items: dict[int, list[Item]] = field(
        default_factory=lambda: {_FUNC: [], _TABLE: [], _MEMORY: [], _GLOBAL: []}
    )

    def target(self, instance: int, name: str) -> Item:
        """What an import means in the end, through any bundles between."""
        found = Item(instance, name)
        while found.instance != _HOST_CALL and self.instances[found.instance].module is None:
            found = self.instances[found.instance].exports[found.name]
        return found


def read(data: bytes) -> Component:
    """Take a component apart. Raises LinkError where it holds something that this does not know."""
    component = Component()
    for kind, body in Reader(data).sections():
        reader = Reader(body)
        if kind == _CORE_MODULE:
            component.modules.append(body)
        elif kind == _CORE_INSTANCE:
            for _ in range(reader.number()):
                component.instances.append(_instance(reader, component))
        elif kind == _ALIAS:
            for _ in range(reader.number()):
                _alias(reader, component)
        elif kind == _CANON:
            for _ in range(reader.number()):
                _canon(reader, component)
    return component


def _instance(reader: Reader, component: Component) -> CoreInstance:
    if reader.byte() == 0:
        module = reader.number()
        imports: dict[str, int] = {}
        for _ in range(reader.number()):
            name = reader.name()
            reader.byte()
            imports[name] = reader.number()
        return CoreInstance(module, imports)
    exports: dict[str, Item] = {}
    for _ in range(reader.number()):
        name, sort = reader.name(), reader.byte()
        exports[name] = component.items[sort][reader.number()]
    return CoreInstance(None, exports=exports)


def _alias(reader: Reader, component: Component) -> None:
    sort = reader.byte()
    core = reader.byte() if sort == 0 else None
    target = reader.byte()
    if target == 1 and core is not None:
        component.items[core].append(Item(reader.number(), reader.name()))
    elif target == 0:
        reader.number()
        reader.name()
    else:
        reader.number()
        reader.number()


def _canon(reader: Reader, component: Component) -> None:
    kind = reader.byte()
    if kind not in (0, 1) or reader.byte() != 0:
        raise LinkError("the component has a canonical function that is neither lifted nor lowered")
    reader.number()
    for _ in range(reader.number()):
        if reader.byte() >= 3:
            reader.number()
    if kind == 0:
        reader.number()  # Its type: an export, which the merged module has under its own name.
    else:
        component.items[_FUNC].append(Item(_HOST_CALL, "call"))


def renamed(module: bytes, component: Component, imports: Mapping[str, int]) -> bytes:
    """A module whose imports name the instance that they mean; names for debuggers are left out."""
    out = bytearray(module[:8])
    for kind, body in Reader(module).sections():
        if kind == _CUSTOM:
            continue
        if kind == _IMPORTS_SECTION:
            body = _renamed_imports(body, component, imports)
        out += bytes([kind]) + number(len(body)) + body
    return bytes(out)


def _renamed_imports(body: bytes, component: Component, imports: Mapping[str, int]) -> bytes:
    reader = Reader(body)
    count = reader.number()
    out = bytearray(number(count))
    for _ in range(count):
        module, name = reader.name(), reader.name()
        start = reader.at
        _skip_import_type(reader)
        item = component.target(imports[module], name)
        ours = OURS.get(module, {}).get(name)
        if ours is not None:
            place, name = HOST, ours
        elif item.instance == _HOST_CALL:
            place, name = HOST, item.name
        else:
            place, name = f"i{item.instance}", item.name
        out += text(place) + text(name) + body[start : reader.at]
    return bytes(out)


def _skip_import_type(reader: Reader) -> None:
    kind = reader.byte()
    if kind == _FUNC:
        reader.number()
        return
    if kind in (_TABLE, _GLOBAL):
        reader.byte()
    if kind == _GLOBAL:
        reader.byte()
        return
    flags = reader.byte()
    reader.number()
    if flags & 1:
        reader.number()


def stripped(module: bytes) -> bytes:
    """The merged module with the exports in EXPORTS alone. Raises LinkError where one of them is missing, where the
    module wants other imports than IMPORTS, or where it would run code of its own when it is instantiated."""
    out = bytearray(module[:8])
    for kind, body in Reader(module).sections():
        if kind == _START_SECTION:
            raise LinkError("the module runs code when it is instantiated")
        if kind == _CUSTOM:
            continue
        if kind == _EXPORTS_SECTION:
            body = _kept_exports(body)
        out += bytes([kind]) + number(len(body)) + body
    return bytes(out)


def _kept_exports(body: bytes) -> bytes:
    reader = Reader(body)
    kept: dict[str, bytes] = {}
    for _ in range(reader.number()):
        start = reader.at
        name = reader.name()
        reader.byte()
        reader.number()
        if name in EXPORTS:
            kept[name] = body[start : reader.at]
    if kept.keys() != EXPORTS:
        raise LinkError(f"the module does not export {', '.join(sorted(EXPORTS - kept.keys()))}")
    return number(len(kept)) + b"".join(kept.values())


def imports_of(module: bytes) -> set[tuple[str, str]]:
    """The module and name of everything that a module imports."""
    found: set[tuple[str, str]] = set()
    for kind, body in Reader(module).sections():
        if kind == _IMPORTS_SECTION:
            reader = Reader(body)
            for _ in range(reader.number()):
                found.add((reader.name(), reader.name()))
                _skip_import_type(reader)
    return found


def mutable_globals(module: bytes) -> int:
    """How many globals of a module can change while it runs."""
    for kind, body in Reader(module).sections():
        if kind == _GLOBALS_SECTION:
            return sum(_globals(Reader(body)))
    return 0


def _globals(reader: Reader) -> Iterator[bool]:
    for _ in range(reader.number()):
        reader.byte()
        yield reader.byte() == 1
        while (code := reader.byte()) != _END:
            if code in _WITH_NUMBER:
                reader.number()
            elif code not in _ARITHMETIC:
                raise LinkError(f"a global begins with something unknown: {code:#x}")


def link(component: bytes, binaryen: Sequence[str]) -> bytes:
    """One core module for a component of `componentize-py`.

    binaryen: the command that runs one of Binaryen's tools, without the tool's name at its end: its last part is
    the folder of the tools. Raises LinkError.
    """
    parts = read(component)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        merged, small = folder / "merged.wasm", folder / "small.wasm"
        inputs: list[str] = []
        for index, instance in enumerate(parts.instances):
            if instance.module is None:
                continue
            path = folder / f"i{index}.wasm"
            path.write_bytes(renamed(parts.modules[instance.module], parts, instance.imports))
            inputs += [str(path), f"i{index}"]
        _run(binaryen, "wasm-merge", *inputs, *_MERGING, "--rename-export-conflicts", "-o", str(merged))
        merged.write_bytes(stripped(merged.read_bytes()))
        passes = ["--simplify-globals", "--remove-unused-module-elements"]
        _run(binaryen, "wasm-opt", str(merged), *_MERGING, *passes, "-o", str(small))
        module = stripped(small.read_bytes())
    wanted = {(HOST, name) for name in IMPORTS}
    if imports_of(module) != wanted:
        raise LinkError(f"the module wants imports that no guest gets: {imports_of(module) - wanted}")
    if mutable_globals(module) != 1:
        raise LinkError("the module keeps state outside its memory and its stack pointer")
    return module


def _run(binaryen: Sequence[str], tool: str, *arguments: str) -> None:
    command = [*binaryen[:-1], str(Path(binaryen[-1]) / tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise LinkError(f"{tool} failed: {done.stderr.strip()[-2000:]}")
