"""The values that stand in a manifest: names, paths, URLs and lists of choices, each with the check it must pass."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from policies.hosts import host_problem, private_host
from policies.schedules import cron_problem
from policies.urls import UrlError, UrlPattern, parse_url

Verb: TypeAlias = Literal["read", "write"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
SignatureScheme: TypeAlias = Literal[
    "stripe_signature",
    "shopify_hmac",
    "github_signature",
    "slack_signature",
    "standard_webhook",
    "hmac_sha256",
]
RouteAuth: TypeAlias = Literal["api_key", "public", SignatureScheme]
LineDocument: TypeAlias = Literal[
    "Invoice",
    "CreditMemo",
    "SalesReceipt",
    "RefundReceipt",
    "VendorBill",
    "Expense",
    "PurchaseOrder",
    "Quote",
    "VendorCredit",
    "SalesOrder",
    "Deposit",
]


def _matching(pattern: str, hint: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise PydanticCustomError("name", "{hint}", {"hint": hint})
        return text

    return AfterValidator(check)


def _one_line(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise PydanticCustomError("control", "must not hold a line break or another control character")
    return text


def http_pattern(text: str) -> str:
    try:
        UrlPattern.parse(text)
    except UrlError as error:
        raise PydanticCustomError("http", "{reason}", {"reason": error.message}) from None
    return text


def _secret_host(text: str) -> str:
    host = text.removeprefix("*.")
    reason = host_problem(host)
    if reason is None and (private := private_host(host)):
        reason = f"{host} is {private}"
    if reason:
        raise PydanticCustomError(
            "host", "{reason}", {"reason": f"{reason}; write a host as in api.example.com"}
        )
    return text


def _url_template(text: str) -> str:
    try:
        parse_url(_SETTING.sub("x", text))
    except UrlError as error:
        raise PydanticCustomError("url", "{reason}", {"reason": error.message}) from None
    return text


def _webhook_template(text: str) -> str:
    for token in re.findall(r"<[^<>]*>", text):
        if token not in ("<tenant_id>", "<connection_id>"):
            raise PydanticCustomError(
                "token",
                "{token} is not a token; there are <tenant_id> and <connection_id>",
                {"token": token[:40]},
            )
    return text


def _cron(text: str) -> str:
    if reason := cron_problem(text):
        raise PydanticCustomError("cron", "{reason}", {"reason": reason})
    return text


_SETTING = re.compile(r"\{settings\.[A-Za-z][A-Za-z0-9_]*\}")

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
LongText: TypeAlias = Annotated[str, Field(max_length=20_000)]
Key: TypeAlias = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9_-]{0,63}", "must be lower-case letters, digits, - and _, starting with a letter"
    ),
]
SecretName: TypeAlias = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9_]{0,62}", "a secret's name is lower-case letters, digits and _, at most 63 characters"
    ),
]
StreamKey: TypeAlias = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9_]{0,62}", "a stream's key is lower-case letters, digits and _, at most 63 characters"
    ),
]
EntityName: TypeAlias = Annotated[
    str,
    _matching(r"[A-Z][A-Za-z0-9]{0,62}", "an entity's name is PascalCase, as in Invoice or TaxRecord"),
]
RoutePath: TypeAlias = Annotated[
    str,
    _matching(
        r"(?:/[A-Za-z0-9_\[\]-]+(?:\.[A-Za-z0-9_-]+)*)+",
        "a route is a path such as /sync/customers, without . or ..",
    ),
]
ScriptPath: TypeAlias = Annotated[
    str,
    _matching(
        r"(?:\./)?(?:[A-Za-z0-9_\[\]-][A-Za-z0-9_.\[\]-]*/)*[A-Za-z0-9_\[\]-][A-Za-z0-9_.\[\]-]*\.(?:tsx?|jsx?)",
        "must be the path of a .ts or .tsx file within the project, as in src/pages/home.tsx",
    ),
]
PagePath: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=200),
    _matching(r"(?!.*\.\.)[^\s\\?#\x00-\x1f]+", "must be a path without .., spaces, ? or #"),
]
HttpUrl: TypeAlias = Annotated[str, AfterValidator(http_pattern)]
SecretHost: TypeAlias = Annotated[str, AfterValidator(_secret_host)]
UrlTemplate: TypeAlias = Annotated[str, AfterValidator(_url_template)]
WebhookTemplate: TypeAlias = Annotated[str, Field(max_length=2_000), AfterValidator(_webhook_template)]
Schedule: TypeAlias = Annotated[str, AfterValidator(_cron)]
LineWidth: TypeAlias = Annotated[int, Field(ge=1, le=2_000)]
