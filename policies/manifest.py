"""The manifest: what an author declares in `backfill.config.ts`.

One model for both kinds: a connector is a manifest with a `provider`. Keys are the author's, in camelCase;
unknown keys are refused everywhere. `parse_manifest` reports everything that is wrong at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import CoreSchema

from policies.manifest_messages import HTTP_ENTRY, NOT_AN_OBJECT, NOT_PLAIN
from policies.manifest_rules import rule_problems
from policies.manifest_values import (
    EntityName,
    HttpUrl,
    Key,
    LineDocument,
    LineWidth,
    LongText,
    Method,
    PagePath,
    RouteAuth,
    RoutePath,
    Schedule,
    ScriptPath,
    SecretHost,
    SecretName,
    SignatureScheme,
    StreamKey,
    Text,
    UrlTemplate,
    Verb,
    WebhookTemplate,
    http_pattern,
)
from policies.manifest_wording import explain, refusal
from policies.plain_json import Problem, plain_json_problems

__all__ = [
    "LineDocument",
    "Manifest",
    "ManifestError",
    "Method",
    "Permissions",
    "Problem",
    "RouteAuth",
    "SignatureScheme",
    "manifest_json_schema",
    "parse_manifest",
]


class ManifestError(ValueError):
    """The manifest is not one. problems: all of them, each with its path."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Block(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class HttpPermission(_Block):
    """`"https://HOST/PATH*"`, or `{url, reads}` where those methods on that pattern only read."""

    url: HttpUrl
    # Not strict: after `_from_text` the list is Python's, which strictness would not take for a tuple.
    reads: Annotated[tuple[Literal["POST", "PUT", "PATCH", "DELETE"], ...], Field(strict=False)] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, str):
            return {"url": http_pattern(value)}
        if not isinstance(value, dict):
            raise refusal(HTTP_ENTRY())
        return cast("dict[str, object]", value)

    @model_serializer(mode="wrap")
    def _as_authored(self, handler: SerializerFunctionWrapHandler) -> Any:
        return handler(self) if self.reads else self.url

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": "^https://"}, handler(schema)]}


class Permissions(_Block):
    """What the code may do; nothing that is not listed.

    secret_hosts: once a secret is named here, its value may go to these hosts only.
    """

    entities: dict[EntityName, tuple[Verb, ...]] = {}
    http: tuple[HttpPermission, ...] = ()
    secrets: dict[SecretName, tuple[Verb, ...]] = {}
    secret_hosts: dict[SecretName, tuple[SecretHost, ...]] = {}


class PageAccess(_Block):
    """Who sees a page."""

    roles: tuple[Text, ...] | None = None


class PageNav(_Block):
    """The page's entry in the sidebar."""

    label: Text
    section: Text = "Extensions"
    order: int | None = None


class Page(_Block):
    """A page of the extension's own. path: a segment in its namespace. render: the .tsx file."""

    id: Text
    title: Text
    path: PagePath
    render: ScriptPath
    kind: Literal["page", "settings", "list", "dashboard", "detail"] = "page"
    parent_page: Text | None = None
    access: PageAccess | None = None
    admin_only: bool = False
    nav: PageNav | None = None


class VisibleWhen(_Block):
    """Show only where the record's field equals a value, or is in a list of values."""

    field: Text
    equals: JsonValue = None
    in_: tuple[JsonValue, ...] | None = Field(default=None, alias="in")


class Contribution(_Block):
    """A tab or a side panel on an entity's page."""

    id: Text
    label: Text
    entity: EntityName
    render: ScriptPath
    icon: Text | None = None
    order: int | None = None
    visible_when: VisibleWhen | None = None


class LineColumn(_Block):
    """A read-only column in the host's line table, showing one of the extension's line fields."""

    id: Text
    label: Text
    entity: LineDocument
    line_collection: Literal["line_items"]
    field: Text
    width: LineWidth | None = None
    order: int | None = None
    visible_when: VisibleWhen | None = None


class Action(_Block):
    """A button on one of the extension's pages or an entity's header. Its script is `run` or `render`."""

    id: Text
    label: Text
    page: Text | None = None
    entity: EntityName | None = None
    run: ScriptPath | None = None
    render: ScriptPath | None = None
    icon: Text | None = None
    order: int | None = None
    visible_when: VisibleWhen | None = None


class Ui(_Block):
    """What the extension adds to the host's own pages."""

    tabs: tuple[Contribution, ...] = ()
    panels: tuple[Contribution, ...] = ()
    actions: tuple[Action, ...] = ()
    line_columns: tuple[LineColumn, ...] = ()


class RouteRef(_Block):
    """A route of the connector's own, under `src/api`."""

    route: RoutePath
    method: Method = "POST"


class Setup(_Block):
    """What an admin is shown while connecting."""

    webhook_url_template: WebhookTemplate | None = None
    instructions: LongText | None = None


class OAuthClient(_Block):
    """credential_key: the name of an OAuth app that the host holds."""

    credential_key: Text


class OAuthToken(_Block):
    """JSON paths into the token response."""

    access_token_path: Text | None = None
    scope_path: Text | None = None


class OAuthRefresh(_Block):
    """Whether the host refreshes the token."""

    enabled: bool = True


class HostValidation(_Block):
    """A setting that is part of a host must end in `suffix`, after the host's function `normalize`."""

    suffix: Text
    normalize: Text | None = None


class OAuth(_Block):
    """An authorization-code provider; the host owns state, callback, tokens and refresh."""

    type: Literal["authorization_code"]
    authorization_url_template: UrlTemplate
    token_url_template: UrlTemplate
    scopes: tuple[Text, ...] = ()
    access_type: Literal["offline", "online"] | None = None
    pkce: bool | None = None
    required_settings: tuple[Text, ...] = ()
    client: OAuthClient
    token: OAuthToken | None = None
    refresh: OAuthRefresh | None = None
    post_connect: RouteRef | None = None
    host_validation: dict[str, HostValidation] = {}


class Connection(_Block):
    """How an admin connects. settings_schema: a JSON Schema whose `x-secret` fields are stored as secrets."""

    test_connection: RouteRef | None = None
    setup: Setup | None = None
    settings_schema: dict[str, JsonValue] | None = None
    oauth: OAuth | None = None


class Webhooks(_Block):
    """The one endpoint for the provider's deliveries."""

    endpoint: RoutePath
    auth: RouteAuth


class Stream(_Block):
    """A kind of data that the connector brings in. schedule: cron, for `poll`."""

    key: StreamKey
    mode: Literal["poll", "webhook", "backfill"]
    schedule: Schedule | None = None


class Manifest(_Block):
    """A whole manifest. changes: what is new, for who upgrades it; purpose: why it needs its permissions."""

    key: Key
    name: Text
    version: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    provider: Key | None = None
    kind: Literal["source"] | None = None
    permissions: Permissions = Permissions()
    config: dict[str, JsonValue] = {}
    pages: tuple[Page, ...] = ()
    ui: Ui = Ui()
    connection: Connection | None = None
    webhooks: Webhooks | None = None
    streams: tuple[Stream, ...] = ()
    changes: LongText | None = None
    purpose: LongText | None = None

    @property
    def is_connector(self) -> bool:
        return self.provider is not None

    def as_authored(self) -> dict[str, Any]:
        """The manifest as plain JSON under the author's keys, without defaults; it parses to an equal one."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def parse_manifest(data: object) -> Manifest:
    """Read what `defineExtension` or `defineConnector` was given. Raises ManifestError with every problem."""
    if problems := plain_json_problems(data):
        raise ManifestError([Problem(one.path, NOT_PLAIN(reason=one.message)) for one in problems])
    if not isinstance(data, Mapping):
        raise ManifestError([Problem("", NOT_AN_OBJECT())])
    authored = cast("dict[str, JsonValue]", data)
    problems = rule_problems(authored)
    try:
        # As JSON text, so that strictness knows arrays from tuples and nothing is coerced.
        manifest = Manifest.model_validate_json(json.dumps(authored))
    except ValidationError as error:
        # Where a rule has something to say, the form has not: one mistake is one problem.
        told = {one.path for one in problems}
        formal = [one for one in explain(error, Manifest) if one.path not in told]
        raise ManifestError(formal + problems) from None
    if problems:
        raise ManifestError(problems)
    return manifest


def manifest_json_schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, for editors and documentation."""
    return Manifest.model_json_schema(by_alias=True)
