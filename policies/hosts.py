"""Host names: which text is one, and which may never be asked for.

1. A host is dot-separated labels of letters, digits and inner hyphens (RFC 1123), at most 253 characters.
2. A label that starts with `xn--` must be a valid A-label (RFC 5890): what it decodes to is made of
   lower-case letters, marks and digits, is normalised, keeps the Bidi rule (RFC 5893) and encodes back to the
   same label.
3. IP addresses, in whatever spelling, and names that only mean something on a local network are private.

`private_host` looks at names alone; what a public name resolves to is checked against `policies.addresses`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList

MAX_HOST = 253

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# WHATWG URL, "ends in a number": such a host is an IPv4 address to every client, in decimal, octal or hex.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_LOCAL_NAMES = (
    "localhost",  # RFC 6761
    "local",  # RFC 6762
    *("intranet", "internal", "private", "corp", "home", "lan"),  # RFC 6762, appendix G
    *("localdomain", "svc"),  # resolvers' search domains
    "home.arpa",  # RFC 8375
    "metadata.goog",  # an alias of Google Cloud's metadata server
    "metadata.tencentyun.com",
)
_ECHO_NAMES = (
    # Public DNS services whose answer is the address written in the name, or loopback.
    *("nip.io", "sslip.io", "xip.io", "traefik.me"),
    *("localtest.me", "lvh.me", "vcap.me", "lacolhost.com"),
)

_LENIENT_AUTHORITY = re.compile(r"(?:(?:https?|wss?|ftp):[/\\]*|[/\\]{2,})([^/\\?#]*)")


def private_host(host: str) -> str | None:
    """Why `host` (lower-case) is an address or a private name, or None if it is neither."""
    if host.startswith("[") or ":" in host:
        return "an IP address"
    name = host.rstrip(".")
    if not name:
        return None
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return "an IP address"
    if "." not in name:
        return "a name without a domain"
    if _is_under(name, _LOCAL_NAMES):
        return "a name of the local network"
    if _is_under(name, _ECHO_NAMES):
        return "a name that resolves to whatever address it spells"
    return None


def host_problem(host: str) -> str | None:
    """What is wrong with the grammar of `host` (lower-case), or None if it is a host name."""
    if not host:
        return "the host is missing"
    if len(host) > MAX_HOST:
        return f"the host is longer than {MAX_HOST} characters"
    if "*" in host:
        return "a `*` may only stand for whole first labels in a permission, as in https://*.example.com/*"
    if host.endswith("."):
        return "the host ends with a dot; leave it out"
    for label in host.split("."):
        if not label:
            return "the host has an empty label (two dots in a row, or one at its start)"
        if not _LABEL.fullmatch(label):
            return f"{label[:70]!r} is not a label of a host name (letters, digits and inner hyphens)"
        if label.startswith("xn--") and not _is_a_label(label):
            return f"{label!r} is not a valid internationalised label"
    return None


def apparent_host(text: str) -> str:
    """The host that a lenient client would find in `text`, folded to ASCII where it can be.

    It only chooses the name of the rule that a refused URL breaks; nothing is ever allowed by it.
    """
    folded = _fold(text[:4096])
    found = _LENIENT_AUTHORITY.match(folded)
    if found is None:
        return ""
    host = re.split(r"[/\\?#]", _fold(unquote(found[1].rpartition("@")[2])))[0]
    is_ipv6 = host.startswith("[") or host.count(":") > 1
    return host if is_ipv6 else host.partition(":")[0]


def is_public_suffix(host: str) -> bool:
    """Is `host` a suffix under which registries sell names (`com`, `co.uk`; the list's ICANN section)?"""
    return _registry_suffixes().is_public(host)


@cache
def _registry_suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def _is_under(name: str, domains: tuple[str, ...]) -> bool:
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _fold(text: str) -> str:
    visible = "".join(c for c in text if unicodedata.category(c)[0] not in "CZ")
    return unicodedata.normalize("NFKC", visible).replace("\u3002", ".").lower()


def _is_a_label(label: str) -> bool:
    try:
        text = label[4:].encode("ascii").decode("punycode")
        if "xn--" + text.encode("punycode").decode("ascii") != label:
            return False
    except UnicodeError:
        return False
    if text.isascii() or text != unicodedata.normalize("NFKC", text).lower():
        return False
    if text.startswith("-") or text.endswith("-") or text[2:4] == "--":
        return False
    if unicodedata.category(text[0]).startswith("M"):
        return False
    return all(_is_letter_or_digit(c) for c in text) and _keeps_bidi_rule(text)


def _is_letter_or_digit(char: str) -> bool:
    # RFC 5892's LetterDigits, less upper case and the invisible characters among them.
    if char in _INVISIBLE:
        return False
    return char == "-" or unicodedata.category(char) in ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")


# Letters and marks that draw nothing (Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)


def _keeps_bidi_rule(label: str) -> bool:
    kinds = [unicodedata.bidirectional(c) for c in label]
    if not {"R", "AL", "AN"} & set(kinds):
        return True
    spoken = [kind for kind in kinds if kind != "NSM"]
    if kinds[0] in ("R", "AL"):
        allowed = {"R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"}
        one_kind_of_digits = not {"AN", "EN"} <= set(kinds)
        return set(kinds) <= allowed and one_kind_of_digits and spoken[-1] in ("R", "AL", "EN", "AN")
    return False
