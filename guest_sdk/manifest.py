"""The manifest, `backfill.config.py`: what `define_extension` and `define_connector` take.

Keys that the platform spells in camel case are written in snake case, inside the dicts too: `secret_hosts`,
`{"test_connection": {"route": …}}`. What the manifest carries for others is left as it is: `config`, the JSON Schema of
`settings_schema`, names of entities, secrets and settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, cast

from guest_sdk._runtime.declared import declare
from guest_sdk.routes import RouteAuth

__all__ = ["define_connector", "define_extension"]

Verb: TypeAlias = Literal["read", "write"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class _HttpPermission(TypedDict):
    url: str


class HttpPermission(_HttpPermission, total=False):
    """A pattern whose methods in `reads` only read there, which matters under observation."""

    reads: Sequence[Literal["POST", "PUT", "PATCH", "DELETE"]]


class Permissions(TypedDict, total=False):
    """Everything the code may do. What is not listed here is refused.

    entities: by entity, custom ones included. http: `https://HOST/PATH`; a leading `*.` of the host matches one or more
    labels, a `*` after the path's last `/` matches any remainder. secrets: names match `^[a-z][a-z0-9_]{0,62}$`.
    secret_hosts: once a secret is named here, its value may be sent to these hosts only.
    """

    entities: Mapping[str, Sequence[Verb]]
    http: Sequence[str | HttpPermission]
    secrets: Mapping[str, Sequence[Verb]]
    secret_hosts: Mapping[str, Sequence[str]]


# `in` is a keyword, so this cannot be written as a class.
VisibleWhen = TypedDict("VisibleWhen", {"field": str, "equals": Any, "in": Sequence[Any]}, total=False)
"""Give one of `equals` and `in`."""


class PageAccess(TypedDict, total=False):
    """Who sees a page."""

    roles: Sequence[str]


class _PageNav(TypedDict):
    label: str


class PageNav(_PageNav, total=False):
    """A page's entry in the sidebar."""

    section: str
    order: int


class _Page(TypedDict):
    id: str
    title: str
    path: str
    render: str


class Page(_Page, total=False):
    """A page of the extension's own. parent_page: the page to go back to; required where `kind` is `detail`."""

    kind: Literal["page", "settings", "list", "dashboard", "detail"]
    parent_page: str
    access: PageAccess
    admin_only: bool
    nav: PageNav


class _Contribution(TypedDict):
    id: str
    label: str
    entity: str
    render: str


class Contribution(_Contribution, total=False):
    """A tab or side panel on an entity's page."""

    icon: str
    order: int
    visible_when: VisibleWhen


class _Action(TypedDict):
    id: str
    label: str


class Action(_Action, total=False):
    """A button on a page of the extension's own (`page`) or on an entity's header (`entity`)."""

    page: str
    entity: str
    run: str
    render: str
    icon: str
    order: int
    visible_when: VisibleWhen


class _LineColumn(TypedDict):
    id: str
    label: str
    entity: str
    line_collection: Literal["line_items"]
    field: str


class LineColumn(_LineColumn, total=False):
    """A read-only column in the host's line table. field: the key of a line field. width: pixels."""

    width: int
    order: int
    visible_when: VisibleWhen


class Ui(TypedDict, total=False):
    """What the extension adds to the platform's pages."""

    tabs: Sequence[Contribution]
    panels: Sequence[Contribution]
    actions: Sequence[Action]
    line_columns: Sequence[LineColumn]


class _RouteReference(TypedDict):
    route: str


class RouteReference(_RouteReference, total=False):
    """A route of the connector's own: `/setup/test_connection` is `src/api/setup/test_connection.py`."""

    method: Method


class Setup(TypedDict, total=False):
    """webhook_url_template: `<tenant_id>` and `<connection_id>` are filled in."""

    webhook_url_template: str
    instructions: str


class OAuthClient(TypedDict):
    """credential_key: names an OAuth app that the host holds."""

    credential_key: str


class OAuthToken(TypedDict, total=False):
    """Paths into the token response."""

    access_token_path: str
    scope_path: str


class OAuthRefresh(TypedDict, total=False):
    """Whether the host refreshes tokens."""

    enabled: bool


class _HostValidation(TypedDict):
    suffix: str


class HostValidation(_HostValidation, total=False):
    """Pins a setting that is part of a host."""

    normalize: str


class _OAuth(TypedDict):
    type: Literal["authorization_code"]
    authorization_url_template: str
    token_url_template: str
    client: OAuthClient


class OAuthConfig(_OAuth, total=False):
    """An authorization-code provider; the host owns state, callback, tokens and refresh. The templates may hold
    `{settings.<key>}`. required_settings: those that must be there before the admin can connect."""

    scopes: Sequence[str]
    access_type: Literal["offline", "online"]
    pkce: bool
    required_settings: Sequence[str]
    token: OAuthToken
    refresh: OAuthRefresh
    post_connect: RouteReference
    host_validation: Mapping[str, HostValidation]


class Connection(TypedDict, total=False):
    """test_connection: called with the entered values in `request.body`; 200 means that they work. settings_schema:
    JSON Schema of the connection form; `"x-secret": True` keeps a field as the secret of its name."""

    test_connection: RouteReference
    setup: Setup
    settings_schema: Mapping[str, Any]
    oauth: OAuthConfig


class Webhooks(TypedDict):
    """The one endpoint for the provider's deliveries; its route declares the same `auth`."""

    endpoint: str
    auth: RouteAuth


class _Stream(TypedDict):
    key: str
    mode: Literal["poll", "webhook", "backfill"]


class Stream(_Stream, total=False):
    """A kind of data that the connector brings in; `poll` and `backfill` ones have a route `src/api/sync/<key>.py` with
    a `POST`. schedule: five fields of cron, for `poll`."""

    schedule: str


Shape: TypeAlias = "Mapping[str, Shape]"

_VISIBLE: Shape = {"visible_when": {}}
_LINE_COLUMN: Shape = {"line_collection": {}, **_VISIBLE}
_OAUTH: Shape = {
    "authorization_url_template": {},
    "token_url_template": {},
    "access_type": {},
    "required_settings": {},
    "client": {"credential_key": {}},
    "token": {"access_token_path": {}, "scope_path": {}},
    "post_connect": {},
    "host_validation": {},
}
_CONNECTION: Shape = {
    "test_connection": {},
    "setup": {"webhook_url_template": {}},
    "settings_schema": {},
    "oauth": _OAUTH,
}
SHAPE: Shape = {
    "permissions": {"secret_hosts": {}},
    "pages": {"parent_page": {}, "admin_only": {}},
    "ui": {"tabs": _VISIBLE, "panels": _VISIBLE, "actions": _VISIBLE, "line_columns": _LINE_COLUMN},
    "connection": _CONNECTION,
}
"""The keys that are spelled differently here, and those that lead to them. Of a list, the shape of its items."""


def define_extension(
    *,
    key: str,
    name: str,
    version: str | None = None,
    permissions: Permissions | None = None,
    config: Mapping[str, Any] | None = None,
    pages: Sequence[Page] | None = None,
    ui: Ui | None = None,
    changes: str | None = None,
    purpose: str | None = None,
) -> dict[str, Any]:
    """The manifest of an extension, at the top level of `backfill.config.py`. Returns it as it is deployed.

    key: unique; lower-case letters, digits, `-` and `_`. config: defaults of the settings, plain JSON that admins see.
    changes: what is new, for the admin who upgrades. purpose: why it needs its permissions.
    """
    manifest = _manifest(
        key=key,
        name=name,
        version=version,
        permissions=permissions,
        config=config,
        pages=pages,
        ui=ui,
        changes=changes,
        purpose=purpose,
    )
    declare("extension", manifest, manifest)
    return manifest


def define_connector(
    *,
    key: str,
    name: str,
    provider: str,
    kind: Literal["source"] | None = None,
    version: str | None = None,
    permissions: Permissions | None = None,
    config: Mapping[str, Any] | None = None,
    connection: Connection | None = None,
    webhooks: Webhooks | None = None,
    streams: Sequence[Stream] | None = None,
    pages: Sequence[Page] | None = None,
    ui: Ui | None = None,
    changes: str | None = None,
    purpose: str | None = None,
) -> dict[str, Any]:
    """The manifest of a connector, at the top level of `backfill.config.py`. Returns it as it is deployed.

    provider: what records carry as `source_system`. The rest: see `define_extension`.
    """
    manifest = _manifest(
        key=key,
        name=name,
        provider=provider,
        kind=kind,
        version=version,
        permissions=permissions,
        config=config,
        connection=connection,
        webhooks=webhooks,
        streams=streams,
        pages=pages,
        ui=ui,
        changes=changes,
        purpose=purpose,
    )
    declare("connector", manifest, manifest)
    return manifest


def _manifest(**given: object) -> dict[str, Any]:
    present = {name: value for name, value in given.items() if value is not None}
    return cast("dict[str, Any]", _renamed(present, SHAPE))


def _renamed(value: object, shape: Shape) -> object:
    if not shape:
        return value
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return {
            _camel(name) if name in shape else name: _renamed(member, shape.get(name, {}))
            for name, member in members.items()
        }
    if isinstance(value, list | tuple):
        return [_renamed(item, shape) for item in cast("Sequence[object]", value)]
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
