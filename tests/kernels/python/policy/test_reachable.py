"""What is offered leads nowhere: from every value a project gets, by every name that it may read, nothing of the
interpreter's machinery is reached."""

from __future__ import annotations

WALK = """
import builtins, enum, importlib, sys, types
from backfill_guest import guards, modules, names, offered
from backfill_guest.facades import Facade

printed = []
project = modules.Project({"src/x.py": SEED}, printed.append)
seed = project.load("src/x.py")

OPEN = [(name, project._import(name)) for name in offered.NAMES if "." not in name]
OPEN += [(name, value) for name, value in project._builtins.items() if not name.startswith("_")]
OPEN += [(f"seed[{i}]", value) for i, value in enumerate(seed["values"])]
OPEN += [("guest_sdk", project._import("guest_sdk"))]

MACHINERY = {
    id(value): f"builtins.{name}" for name, value in vars(builtins).items()
    if name in ("exec", "eval", "compile", "open", "__import__", "globals", "locals", "vars", "dir", "input",
                "getattr", "setattr", "delattr", "hasattr", "breakpoint", "type", "print")
}
MACHINERY |= {id(kind): kind.__name__ for kind in (type, enum.EnumType, importlib.import_module)}
MACHINERY |= {id(vars(module)): f"vars({name})" for name, module in list(sys.modules.items())
              if isinstance(module, types.ModuleType)}
MACHINERY |= {id(kind): kind.__name__ for kind in (types.CodeType, types.FrameType)}
KINDS = (types.ModuleType, types.FrameType, types.CodeType, types.CellType)

METHODS = (types.BuiltinMethodType, types.MethodType, types.MethodWrapperType, types.WrapperDescriptorType,
           types.MethodDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType)
kept, seen, found, looked, of_kind = [], set(), [], 0, {}
while OPEN:
    path, value = OPEN.pop()
    kind = type(value)
    # A method is made anew each time that it is asked for, and leads where the first one led.
    key = (kind, value.__qualname__) if isinstance(value, METHODS) else id(value)
    of_kind[kind] = of_kind.get(kind, 0) + 1
    if key in seen or (of_kind[kind] > 50 and kind.__module__ != "builtins"):
        continue
    seen.add(key)
    kept.append(value)
    if id(value) in MACHINERY or isinstance(value, KINDS):
        found.append(f"{path} = {MACHINERY.get(id(value), type(value).__name__)}")
        continue
    if isinstance(value, (str, bytes, int, float, complex, type(None))) and not isinstance(value, enum.Enum):
        continue
    OPEN.append((f"type({path})", guards.TypeOf(value)))
    for name in dir(value):
        if names.attribute_problem(name) is None:
            looked += 1
            try:
                inner = guards.guarded_getattr(value, name)
            except Exception:
                continue
            OPEN.append((f"{path}.{name}", inner))
    if isinstance(value, (list, tuple, set, frozenset)):
        OPEN += [(f"{path}[{i}]", inner) for i, inner in enumerate(value)]
    elif isinstance(value, (dict, types.MappingProxyType)):
        OPEN += [(f"{path}[{key!r:.30}]", inner) for key, inner in list(value.items())]
        OPEN += [(f"{path}.keys()", key) for key in list(value)]
r = {"found": found, "looked": looked}
"""

SEED = """
import re, json, decimal, datetime, csv, io, collections, functools, itertools, enum, dataclasses, typing, uuid
import hashlib, hmac, random, string, statistics, textwrap, calendar, contextlib, fractions, zoneinfo, copy, types
import ipaddress, struct, abc, operator, collections.abc, urllib.parse
from guest_sdk import Http, Entity

@dataclasses.dataclass
class D:
    x: int = 1
class E(enum.Enum):
    A = 1
class F(enum.IntFlag):
    A = 1
class N(typing.NamedTuple):
    x: int
class P(typing.Protocol):
    x: int
class T(typing.TypedDict):
    x: int
class B(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
    @property
    def p(self): ...
    @staticmethod
    def s(): ...
class S(str):
    def f(self): return super()
@contextlib.contextmanager
def cm():
    yield 1
@functools.lru_cache
def cached(x): return x
@functools.singledispatch
def single(x): return x
def gen(): yield 1
class C:
    @functools.cached_property
    def c(self): return 1
    @functools.partialmethod
    def pm(self): ...
    @functools.singledispatchmethod
    def sd(self, x): ...
try:
    json.loads("{")
except Exception as error:
    caught = error
try:
    [].nothing
except AttributeError as error:
    missed = error
try:
    json.nothing
except AttributeError as error:
    unoffered = error
Point = collections.namedtuple("Point", "x y")
stack = contextlib.ExitStack()
stack.callback(print)
started = cm()
started.__enter__()
values = [
    re.compile("a"), re.match("a", "a"), re.I, json.JSONDecoder(), json.JSONEncoder(), decimal.getcontext(),
    decimal.Decimal(1), decimal.localcontext(), datetime.datetime.now(), datetime.timezone.utc, csv.reader(["a"]),
    csv.writer(io.StringIO()), csv.DictReader(["a", "b"]), csv.excel, io.StringIO(), io.BytesIO(),
    io.TextIOWrapper(io.BytesIO()), collections.Counter(), collections.deque(), collections.ChainMap(),
    collections.UserDict(), collections.UserList(), collections.defaultdict(list), Point(1, 2), functools.partial(int),
    cached, single, C(), C, gen(), cm(), started, stack, lambda: 1, gen, cm, D(), D, dataclasses.fields(D)[0],
    dataclasses.field(), E.A, E, F.A, F, N(1), N, P, T, B, S("a").f(), S,
    typing.List[int], list[int], typing.Optional[str], int | str,
    typing.TypeVar("X"), typing.ParamSpec("Y"), typing.NewType("Z", int), typing.Literal["a"], typing.Annotated[int, 1],
    typing.Callable[[int], str], typing.Union["Forward", None], typing.Generic, uuid.uuid4(), hashlib.sha256(),
    hashlib.blake2b(), hmac.new(b"a", b"b", "sha256"), random.Random(1), random.SystemRandom(), string.Template("$x"),
    string.Template.pattern, statistics.NormalDist(), textwrap.TextWrapper(), calendar.HTMLCalendar(),
    calendar.TextCalendar(), calendar.month_name, fractions.Fraction(1), zoneinfo.ZoneInfo("UTC"), caught, missed,
    unoffered, property(lambda s: 1), classmethod(lambda s: 1), staticmethod(lambda: 1), slice(1), range(2),
    enumerate([]), zip(), map(int, []), iter([]), itertools.count(), itertools.groupby([]), itertools.chain(),
    types.SimpleNamespace(a=1), types.MappingProxyType({}), ipaddress.ip_address("::1"), struct.Struct("b"),
    operator.attrgetter("x"), operator.itemgetter(0), operator.methodcaller("x"), urllib.parse.urlparse("https://a/b"),
    [].append, "".join, str.join, int.from_bytes, dict.fromkeys, D.x, B.p, print, "{}".format, str.format, type, super,
    type(caught), memoryview(b"a"), NotImplemented, Ellipsis, time_of_day if (time_of_day := datetime.time()) else 0,
    t"{1}",
]
"""


def test_no_module_frame_code_or_builtin_machinery_is_reachable_by_names(language):
    answer = language.plainly(f"SEED = {SEED!r}\n{WALK}")
    assert answer.error is None, f"{answer.error}: {answer.message}"
    assert answer.result["found"] == []
    assert answer.result["looked"] > 2000


def test_the_walk_finds_a_module_that_is_offered_by_mistake(language_with_hole):
    hole = language_with_hole("offered", 'return facade({"__name__": name, **made})', "return module")
    answer = hole.plainly(f"SEED = {SEED!r}\n{WALK}")
    assert any(path.endswith(" = module") for path in answer.result["found"])
