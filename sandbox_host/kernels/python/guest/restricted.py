"""The language: which Python a project's modules may be written in, as a policy of RestrictedPython.

This is the readable first layer, not the wall. The wall is the wasm instance: fresh for each run, one import (the
host call), every answer of which is decided outside. So the policy keeps what a reader of an extension relies on:
names mean what they say, code is the code that was reviewed, and a module's parts are reached through its public
names.

Names are checked where they are written, when a module is compiled. So attributes, items, iteration, unpacking,
calls and assignment run as plain Python, at its speed; the few guards of run time are in `guards` and `formatting`.

What is allowed beyond RestrictedPython, and why it is safe here:

    `_x`, `self._x`, `self.__x`        a convention between authors; guards have names of their own form (`_x_`), and
                                       nothing that is offered keeps a module, frame or code under such a name
    dunder methods in a class          they are called for the author's own objects, with values that its code has or
                                       may have; those that see every attribute (`__getattribute__`, `__setattr__`),
                                       rebuild objects (`__reduce__`) or change other classes (`__init_subclass__`)
                                       are not among them
    `super()`, dunder calls by name    the same methods, of a parent; none answers an attribute by its name
    `__name__`, `x.__class__.__name__` text
    `type(x)`                          a class leads on through dunder names only; its answer for a class is not the
                                       real `type`, which makes classes with any dunder
    augmented assignment, unpacking,   they need no guard: all values in the instance belong to the run, modules are
    iteration, star-args, `nonlocal`   facades that refuse to be set
    annotations                        compiled lazily, as expressions under the same policy; texts in them are never
                                       evaluated (`ForwardRef.evaluate` is switched off)
    `match`                            keyword patterns obey the attribute rule; `__match_args__` is a literal tuple
                                       of such names, in a class
    `getattr`, `setattr`, `hasattr`    by the same rule, at run time
    `str.format`                       templates without attributes
    keywords of a class statement      all but `metaclass`

Forbidden stay other dunder names, attributes of frames, code, generators and tracebacks, `mro`, attributes in
format strings, metaclasses, `__slots__`, `__del__`, exception groups, `async`, star imports, type parameters, and
`exec eval compile globals locals vars dir breakpoint`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import TypeGuard

from RestrictedPython.transformer import RestrictingNodeTransformer

from . import formatting
from .instead import BUILTINS
from .names import FORMATTING, attribute_problem, is_dunder, variable_problem

# A warning is printed with its line, and there is neither a file to read it from nor a place to print it to.
warnings.simplefilter("ignore")

ASYNC = 'handlers are plain functions, and a call to the host returns its answer: write it without "{}"'
TYPE_PARAMETERS = 'type parameters in [] are not supported; write T = TypeVar("T"), from typing'


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    message: str


class RefusedCode(SyntaxError):
    """A module that is not compiled; its text has a line `file:line: message` for each of `problems`."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, (file, first.line, None, None))
        self.file = file
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(f"{self.file}:{one.line}: {one.message}" for one in self.problems)


def parse(source: str, file: str) -> ast.Module:
    """The tree of one module of a project. Raises RefusedCode where it has none."""
    with _refusing(file):
        return ast.parse(source, file)


def compile_guest(source: str, file: str) -> CodeType:
    """Compile one module of a project. Raises RefusedCode with everything that is wrong with it."""
    tree = parse(source, file)
    with _refusing(file):
        policy = Policy()
        tree = policy.visit(tree)
        if policy.problems:
            raise RefusedCode(file, sorted(policy.problems, key=lambda one: one.line))
        return compile(tree, file, "exec", dont_inherit=True)


@contextmanager
def _refusing(file: str) -> Iterator[None]:
    """What CPython raises for source that it cannot take is RefusedCode."""
    try:
        yield
    except RefusedCode:
        raise
    except SyntaxError as error:
        raise RefusedCode(file, [Problem(error.lineno or 1, error.msg)]) from None
    except (RecursionError, MemoryError):
        raise RefusedCode(file, [Problem(1, "an expression is nested too deeply")]) from None
    except ValueError as error:
        raise RefusedCode(file, [Problem(1, str(error))]) from None


def _is_class_of(node: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether it is `x.__class__`."""
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


class Policy(RestrictingNodeTransformer):
    """Checks a module's tree and puts the guards in. Nodes that it does not know are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self._scopes: list[str] = ["module"]
        self._bound: set[str] = set()
        self._free: list[ast.Name] = []

    # What the base class reports through

    def error(self, node: ast.AST, info: str) -> None:
        found = Problem(getattr(node, "lineno", 1), info)
        if found not in self.problems:
            self.problems.append(found)

    def not_allowed(self, node: ast.AST) -> None:
        self.error(node, f"{type(node).__name__} is not supported here")

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        """A name that is bound here."""
        if name is None:
            return
        self._bound.add(name)
        found = variable_problem(name, in_class=self._scopes[-1] == "class", store=True)
        if found:
            self.error(node, found)

    def _check_attribute(self, node: ast.AST, name: str, *, store: bool = False) -> None:
        found = attribute_problem(name, store=store)
        if found:
            self.error(node, found)

    @contextmanager
    def _scope(self, kind: str) -> Iterator[None]:
        self._scopes.append(kind)
        yield
        self._scopes.pop()

    # Names and attributes

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node = self.node_contents_visit(node)
        for name in self._free:
            if name.id not in self._bound:
                self.error(name, f'"{name.id}" may not be used; {BUILTINS[name.id]}')
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            self.check_name(node, node.id)
        elif found := variable_problem(node.id):
            self.error(node, found)
        elif node.id in BUILTINS:
            self._free.append(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        store = not isinstance(node.ctx, ast.Load)
        value = node.value
        if not store and node.attr in {"__name__", "__qualname__"} and _is_class_of(value):
            value.value = self.visit(value.value)
            return node
        if not store and node.attr == "__setattr__" and isinstance(value, ast.Name) and value.id == "object":
            # As a frozen dataclass has to set its own fields.
            return ast.copy_location(ast.Name("_set_frozen_", ast.Load()), node)
        self._check_attribute(node, node.attr, store=store)
        node.value = self.visit(value)
        if node.attr in FORMATTING and not store:
            return self._format(node)
        return node

    def _format(self, node: ast.Attribute) -> ast.AST:
        if (
            isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and node.attr == "format"
        ):
            try:
                found = formatting.problem(node.value.value)
            except ValueError:
                return node  # str.format says what is wrong with it.
            if found:
                self.error(node, found)
            return node
        guard = ast.Name("_getattr_", ast.Load())
        call = ast.Call(guard, [node.value, ast.Constant(node.attr)], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        if node.arg is not None and is_dunder(node.arg):
            self.error(node, f'"{node.arg}" may not be the name of an argument')
        return self.node_contents_visit(node)

    # What runs as plain Python

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        if node.is_async:
            self.error(node.target, ASYNC.format("async"))
        return self.node_contents_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if self._scopes[-1] == "class" and self._is_match_args(node):
            return node
        return self.node_contents_visit(node)

    def _is_match_args(self, node: ast.Assign) -> bool:
        """`__match_args__ = ("x", "y")`: the one form of it, whose names can be seen."""
        target, value = node.targets[0], node.value
        if len(node.targets) > 1 or not isinstance(target, ast.Name) or target.id != "__match_args__":
            return False
        if not isinstance(value, ast.Tuple):
            return False
        for one in value.elts:
            if not (isinstance(one, ast.Constant) and isinstance(one.value, str)):
                return False
            self._check_pattern(one, one.value)
        return True

    def visit_Global(self, node: ast.Global) -> ast.AST:
        return self._names_of_outer_scopes(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        return self._names_of_outer_scopes(node)

    def _names_of_outer_scopes(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        for name in node.names:
            # As in a class, "global __init__" would make a dunder name of the module.
            found = variable_problem(name, store=True)
            if found:
                self.error(node, found)
        return node

    # Functions and classes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.check_name(node, node.name)
        self._refuse_type_parameters(node)
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args = self.visit(node.args)
        if node.returns:
            node.returns = self.visit(node.returns)
        with self._scope("function"):
            self.check_function_argument_names(node)
            self._visit_body(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args = self.visit(node.args)
        with self._scope("function"):
            self.check_function_argument_names(node)
            node.body = self.visit(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.check_name(node, node.name)
        self._refuse_type_parameters(node)
        for keyword in node.keywords:
            if keyword.arg is None:
                self.error(node, "a class statement may not take ** arguments")
            if keyword.arg == "metaclass":
                self.error(node, '"metaclass" may not be used; use a class decorator')
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.bases = [self.visit(one) for one in node.bases]
        node.keywords = [self.visit(one) for one in node.keywords]
        with self._scope("class"):
            self._visit_body(node)
        return node

    def _visit_body(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        node.body = [self.visit(one) for one in node.body]

    def _refuse_type_parameters(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if getattr(node, "type_params", None):
            self.error(node, TYPE_PARAMETERS)

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        self.error(node, 'the "type" statement is not supported; write X = ...')
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self._bound.add(node.name)
        self.error(node, ASYNC.format("async"))
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.error(node, ASYNC.format("await"))
        return node

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.error(node, ASYNC.format("async"))
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.error(node, ASYNC.format("async"))
        return node

    def visit_TryStar(self, node: ast.AST) -> ast.AST:
        self.error(node, '"except*" is not supported; use "except"')
        return node

    # Imports

    def check_import_names(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        from_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        module = (node.module or "") if isinstance(node, ast.ImportFrom) and not from_future else ""
        for part in module.split("."):
            self._check_module_part(node, part)
        for one in node.names:
            if one.name == "*":
                self.error(node, '"import *" is not supported; name what you import')
                continue
            for part in one.name.split("."):
                self._check_module_part(node, part)
            self.check_name(node, one.asname or one.name.partition(".")[0])
        return node

    def _check_module_part(self, node: ast.AST, part: str) -> None:
        found = attribute_problem(part, store=True)
        if found and part not in {"__version__", "__author__"}:
            self.error(node, found)

    # Patterns

    def visit_Match(self, node: ast.Match) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_MatchSingleton(self, node: ast.MatchSingleton) -> ast.AST:
        return node

    def visit_MatchSequence(self, node: ast.MatchSequence) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_MatchOr(self, node: ast.MatchOr) -> ast.AST:
        return self.node_contents_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        self.check_name(node, node.name)
        return node

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        self.check_name(node, node.rest)
        return self.node_contents_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        for name in node.kwd_attrs:
            self._check_pattern(node, name)
        return self.node_contents_visit(node)

    def _check_pattern(self, node: ast.AST, name: str) -> None:
        """An attribute that a pattern reads, where no guard can stand."""
        self._check_attribute(node, name)
        if name in FORMATTING:
            self.error(node, f'"{name}" may not be read by a pattern')
