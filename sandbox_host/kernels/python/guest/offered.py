"""The standard modules that a project may import, and of each the names that it finds.

A module is offered as a facade of these names: functions and classes that work on values alone. What is left out
asks for files, streams or the interpreter (`io.open`, `zoneinfo.TZPATH`), makes classes out of texts
(`make_dataclass`), evaluates texts (`get_type_hints`, `ForwardRef`) or reads attributes by name on its own
(`string.Formatter`, `UserString`). Those that take an attribute's name are replaced by ones under the rule of
`names`.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import importlib
import itertools
import operator
import typing
from typing import Any, NoReturn

from .facades import Facade, facade
from .guards import TypeOf, check_attribute, refusing
from .names import FORMATTING

NAMES: dict[str, str] = {
    "__future__": "annotations division generator_stop print_function unicode_literals",
    "abc": "ABC abstractmethod",
    "base64": """
        b16decode b16encode b32decode b32encode b32hexdecode b32hexencode b64decode b64encode b85decode b85encode
        a85decode a85encode decodebytes encodebytes standard_b64decode standard_b64encode urlsafe_b64decode
        urlsafe_b64encode
    """,
    "binascii": "Error Incomplete a2b_base64 a2b_hex b2a_base64 b2a_hex crc32 hexlify unhexlify",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "calendar": """
        IllegalMonthError IllegalWeekdayError Calendar Day HTMLCalendar Month TextCalendar calendar day_abbr day_name
        firstweekday isleap leapdays month month_abbr month_name monthcalendar monthrange timegm weekday weekheader
        JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER
        MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY
    """,
    "collections": "ChainMap Counter OrderedDict UserDict UserList defaultdict deque namedtuple",
    "collections.abc": """
        Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView
        MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView
    """,
    "contextlib": """
        AbstractContextManager ContextDecorator ExitStack closing contextmanager nullcontext suppress
    """,
    "copy": "Error copy deepcopy replace",
    "csv": """
        Dialect DictReader DictWriter Error QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC QUOTE_NOTNULL
        QUOTE_STRINGS Sniffer excel excel_tab field_size_limit get_dialect list_dialects reader register_dialect
        unix_dialect unregister_dialect writer
    """,
    "dataclasses": """
        FrozenInstanceError InitVar KW_ONLY MISSING asdict astuple dataclass field fields is_dataclass replace
    """,
    "datetime": "MAXYEAR MINYEAR UTC date datetime time timedelta timezone tzinfo",
    "decimal": """
        BasicContext Clamped Context Decimal DecimalException DecimalTuple DefaultContext DivisionByZero
        ExtendedContext FloatOperation Inexact InvalidOperation MAX_EMAX MAX_PREC MIN_EMIN MIN_ETINY Overflow
        ROUND_05UP ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP
        Rounded Subnormal Underflow getcontext localcontext setcontext
    """,
    "enum": """
        CONFORM CONTINUOUS EJECT Enum Flag IntEnum IntFlag KEEP NAMED_FLAGS ReprEnum STRICT StrEnum UNIQUE auto member
        nonmember property unique verify
    """,
    "fractions": "Fraction",
    "functools": """
        Placeholder cache cached_property cmp_to_key lru_cache partial partialmethod reduce singledispatch
        singledispatchmethod total_ordering update_wrapper wraps
    """,
    "hashlib": """
        algorithms_available algorithms_guaranteed blake2b blake2s md5 new sha1 sha224 sha256 sha384 sha3_224 sha3_256
        sha3_384 sha3_512 sha512 shake_128 shake_256
    """,
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "hmac": "HMAC compare_digest digest new",
    "html": "escape unescape",
    "io": "BytesIO SEEK_CUR SEEK_END SEEK_SET StringIO TextIOWrapper UnsupportedOperation",
    "ipaddress": """
        AddressValueError IPv4Address IPv4Network IPv6Address IPv6Network NetmaskValueError ip_address ip_network
    """,
    "itertools": """
        accumulate batched chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse
        groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest
    """,
    "json": "JSONDecodeError JSONDecoder JSONEncoder dumps loads",
    "math": """
        acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1
        fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma
        log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau
        trunc ulp
    """,
    "numbers": "Complex Integral Number Rational Real",
    "operator": """
        abs add and_ attrgetter call concat contains countOf delitem eq floordiv ge getitem gt iadd iand iconcat
        ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow irshift is_ is_none is_not is_not_none
        isub itemgetter itruediv ixor le length_hint lshift lt matmul methodcaller mod mul ne neg not_ or_ pos pow
        rshift setitem sub truediv truth xor
    """,
    "random": """
        Random SystemRandom betavariate binomialvariate choice choices expovariate gammavariate gauss getrandbits
        getstate lognormvariate normalvariate paretovariate randbytes randint random randrange sample seed setstate
        shuffle triangular uniform vonmisesvariate weibullvariate
    """,
    "re": """
        A ASCII DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern PatternError RegexFlag S U UNICODE VERBOSE
        X compile error escape findall finditer fullmatch match purge search split sub subn
    """,
    "secrets": "SystemRandom choice compare_digest randbelow randbits token_bytes token_hex token_urlsafe",
    "statistics": """
        NormalDist StatisticsError correlation covariance fmean geometric_mean harmonic_mean linear_regression mean
        median median_grouped median_high median_low mode multimode pstdev pvariance quantiles stdev variance
    """,
    "string": """
        Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable punctuation
        whitespace
    """,
    "struct": "Struct calcsize error iter_unpack pack pack_into unpack unpack_from",
    "textwrap": "TextWrapper dedent fill indent shorten wrap",
    "time": """
        ctime gmtime localtime mktime monotonic monotonic_ns perf_counter perf_counter_ns sleep strftime strptime
        struct_time time time_ns timezone tzname
    """,
    "types": "MappingProxyType NoneType SimpleNamespace",
    "typing": """
        AbstractSet Annotated Any AnyStr BinaryIO Callable ClassVar Collection Concatenate Container ContextManager
        Counter DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable IO ItemsView Iterable Iterator
        KeysView List Literal LiteralString Mapping MutableMapping MutableSequence MutableSet NamedTuple Never NewType
        NoReturn NotRequired Optional OrderedDict ParamSpec Protocol ReadOnly Required Reversible Self Sequence Set
        Sized SupportsFloat SupportsInt TYPE_CHECKING Text TextIO Tuple Type TypeAlias TypeGuard TypeIs TypeVar
        TypeVarTuple TypedDict Union Unpack ValuesView assert_never assert_type cast final get_args get_origin overload
        override runtime_checkable
    """,
    "unicodedata": """
        bidirectional category combining decimal decomposition digit east_asian_width is_normalized lookup mirrored name
        normalize numeric unidata_version
    """,
    "urllib": "",
    "urllib.parse": """
        DefragResult ParseResult SplitResult parse_qs parse_qsl quote quote_from_bytes quote_plus unquote unquote_plus
        unquote_to_bytes urldefrag urlencode urljoin urlparse urlsplit urlunparse urlunsplit
    """,
    "uuid": """
        NAMESPACE_DNS NAMESPACE_OID NAMESPACE_URL NAMESPACE_X500 RESERVED_FUTURE RESERVED_MICROSOFT RESERVED_NCS
        RFC_4122 UUID uuid3 uuid4 uuid5 uuid7 uuid8
    """,
    "zoneinfo": "ZoneInfo ZoneInfoNotFoundError available_timezones",
}
"""Module → the names that it offers. Every one is there in the interpreter; a test says so."""


WITH_CHANCE = frozenset({"random", "statistics"})
"""The modules that draw from the interpreter's own generator, which a snapshot would make the same in every run."""


def attrgetter(first: str, /, *names: str) -> Any:
    """`operator.attrgetter` under the rule for attributes. A path, as in `"customer.name"`, is checked in its parts."""
    for name in (first, *names):
        for part in name.split(".") if type(name) is str else (name,):
            _readable(part)
    return operator.attrgetter(first, *names)


def methodcaller(name: str, /, *values: Any, **named: Any) -> Any:
    """`operator.methodcaller` under the rule for attributes."""
    return operator.methodcaller(_readable(name), *values, **named)


def _readable(name: Any) -> str:
    if check_attribute(name) in FORMATTING:
        raise AttributeError(f'"{name}" may not be read by its name: call it, or use an f-string')
    return name


def update_wrapper(wrapper: Any, wrapped: Any) -> Any:
    """`functools.update_wrapper` of the usual names: its own arguments would copy any attribute to anywhere."""
    return functools.update_wrapper(wrapper, wrapped)


def wraps(wrapped: Any) -> Any:
    """`functools.wraps` of the usual names."""
    return lambda wrapper: functools.update_wrapper(wrapper, wrapped)


def get_origin(kind: Any) -> Any:
    """`typing.get_origin`, where `type` is the one that makes no classes."""
    found = typing.get_origin(kind)
    return TypeOf if found is type else found


def get_args(kind: Any) -> Any:
    """`typing.get_args`, likewise."""
    return tuple(TypeOf if one is type else one for one in typing.get_args(kind))


REPLACED: dict[str, Any] = {
    "operator.attrgetter": attrgetter,
    "operator.methodcaller": methodcaller,
    "functools.update_wrapper": update_wrapper,
    "functools.wraps": wraps,
    "typing.get_args": get_args,
    "typing.get_origin": get_origin,
    "typing.Type": TypeOf,
    "time.sleep": refusing("time.sleep"),
}
"""What a facade offers in the place of the module's own."""


def standard_module(name: str) -> Facade:
    """The facade of an offered module. Raises KeyError for any other."""
    names = NAMES[name].split()
    module = importlib.import_module(name)
    made: dict[str, Any] = {one: REPLACED.get(f"{name}.{one}") or getattr(module, one) for one in names}
    return facade({"__name__": name, **made})


def list_of_offered() -> str:
    """What may be imported, for people."""
    return ", ".join(sorted(name for name in NAMES if NAMES[name] and name != "__future__"))


def _switch_off_evaluation() -> None:
    """Texts in annotations stay texts: evaluating one would run code that no policy has seen."""

    def evaluate(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("annotations in quotes are not evaluated here; write the type itself")

    typing.ForwardRef.evaluate = evaluate  # type: ignore[method-assign]


def _check_enums() -> None:
    """`Enum("Color", names)` makes class attributes of texts, so they obey the rule for attributes."""
    create = enum.EnumType._create_  # pyright: ignore[reportAttributeAccessIssue]

    def checked(cls: Any, class_name: Any, names: Any, **options: Any) -> Any:
        if isinstance(names, str):
            names = names.replace(",", " ").split()
        elif hasattr(names, "keys"):
            names = [(name, names[name]) for name in names]
        else:
            names = [one if isinstance(one, str) else tuple(one) for one in names]
        for one in names:
            check_attribute(one if isinstance(one, str) else one[0], store=True)
        return create(cls, class_name, names, **options)

    enum.EnumType._create_ = checked  # type: ignore[method-assign]


def _cut_match_args() -> None:
    """A positional pattern, `case Row(x)`, reads the attributes that the class names. A dataclass or named tuple with
    a field called `format` names that of whatever else its pattern is made to match, so it stops before it."""

    def cut(cls: Any) -> Any:
        names = vars(cls).get("__match_args__", ())
        if FORMATTING.intersection(names):
            cls.__match_args__ = tuple(itertools.takewhile(lambda name: name not in FORMATTING, names))
        return cls

    process, named = dataclasses._process_class, collections.namedtuple  # type: ignore[attr-defined]
    dataclasses._process_class = lambda *args, **options: cut(process(*args, **options))  # type: ignore
    collections.namedtuple = lambda *args, **options: cut(named(*args, **options))  # type: ignore


def prepare() -> None:
    """Change what the interpreter's own modules would do with texts. Once, before any project's module is loaded."""
    _switch_off_evaluation()
    _check_enums()
    _cut_match_args()
