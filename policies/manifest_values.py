"""The values that stand in a manifest: names, paths, URLs and lists of choices, each with the check it must pass."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from policies.hosts import host_problem, private_host
from policies.manifest_messages import (
    CONTROL_CHARACTER,
    ENTITY_NAME,
    EXTENSION_KEY,
    HTTP_PATTERN,
    OAUTH_URL,
    PAGE_PATH,
    ROUTE_PATH,
    SCRIPT_PATH,
    SECRET_HOST,
    SECRET_NAME,
    STREAM_KEY,
    STREAM_SCHEDULE,
    WEBHOOK_TOKEN,
)
from policies.manifest_wording import refusal
from policies.messages import Message
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


def _matching(pattern: str, otherwise: Message) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise refusal(otherwise())
        return text

    return AfterValidator(check)


def _one_line(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise refusal(CONTROL_CHARACTER())
    return text


def http_pattern(text: str) -> str:
    try:
        UrlPattern.parse(text)
    except UrlError as error:
        raise refusal(HTTP_PATTERN(reason=error.message)) from None
    return text


def _secret_host(text: str) -> str:
    host = text.removeprefix("*.")
    reason = host_problem(host)
    if reason is None and (private := private_host(host)):
        reason = f"{host} is {private}"
    if reason:
        raise refusal(SECRET_HOST(reason=reason))
    return text


def _url_template(text: str) -> str:
    try:
        # A setting may be a whole host, whose end `hostValidation` then pins.
        parse_url(_SETTING.sub("x", _WHOLE_HOST.sub(r"https://x.example.com\1", text, count=1)))
    except UrlError as error:
        raise refusal(OAUTH_URL(reason=error.message)) from None
    return text


def _webhook_template(text: str) -> str:
    for token in re.findall(r"<[^<>]*>", text):
        if token not in ("<tenant_id>", "<connection_id>"):
            raise refusal(WEBHOOK_TOKEN(token=token[:40]))
    return text


def _cron(text: str) -> str:
    if reason := cron_problem(text):
        raise refusal(STREAM_SCHEDULE(reason=reason))
    return text


_SETTING = re.compile(r"\{settings\.[A-Za-z][A-Za-z0-9_]*\}")
_WHOLE_HOST = re.compile(r"^https://\{settings\.[A-Za-z][A-Za-z0-9_]*\}(/|$)")

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
LongText: TypeAlias = Annotated[str, Field(max_length=20_000)]
Key: TypeAlias = Annotated[
    str,
    _matching(r"[a-z][a-z0-9_-]{0,63}", EXTENSION_KEY),
]
SecretName: TypeAlias = Annotated[
    str,
    _matching(r"[a-z][a-z0-9_]{0,62}", SECRET_NAME),
]
StreamKey: TypeAlias = Annotated[
    str,
    _matching(r"[a-z][a-z0-9_]{0,62}", STREAM_KEY),
]
EntityName: TypeAlias = Annotated[
    str,
    _matching(r"[A-Z][A-Za-z0-9]{0,62}", ENTITY_NAME),
]
RoutePath: TypeAlias = Annotated[
    str,
    _matching(
        r"(?:/[A-Za-z0-9_\[\]-]+(?:\.[A-Za-z0-9_-]+)*)+",
        ROUTE_PATH,
    ),
]
ScriptPath: TypeAlias = Annotated[
    str,
    _matching(
        r"(?:\./)?(?:[A-Za-z0-9_\[\]-][A-Za-z0-9_.\[\]-]*/)*[A-Za-z0-9_\[\]-][A-Za-z0-9_.\[\]-]*\.(?:tsx?|js)",
        SCRIPT_PATH,
    ),
]
PagePath: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=200),
    _matching(r"(?!.*\.\.)[^\s\\?#\x00-\x1f]+", PAGE_PATH),
]
HttpUrl: TypeAlias = Annotated[str, AfterValidator(http_pattern)]
SecretHost: TypeAlias = Annotated[str, AfterValidator(_secret_host)]
UrlTemplate: TypeAlias = Annotated[str, AfterValidator(_url_template)]
WebhookTemplate: TypeAlias = Annotated[str, Field(max_length=2_000), AfterValidator(_webhook_template)]
Schedule: TypeAlias = Annotated[str, AfterValidator(_cron)]
LineWidth: TypeAlias = Annotated[int, Field(ge=1, le=2_000)]
