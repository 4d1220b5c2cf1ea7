"""`connector_test_runtime`: one test's world, and what a test does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from guest_sdk._runtime.declared import declaration_of
from guest_sdk.manifest import _manifest as deployed_manifest  # pyright: ignore[reportPrivateUsage]
from guest_sdk.testing import guest
from guest_sdk.testing.errors import Refused
from guest_sdk.testing.guest import Handler
from guest_sdk.testing.hooks.chain import Chain
from guest_sdk.testing.http import Http
from guest_sdk.testing.policy import Policy
from guest_sdk.testing.project import Project, callers_root, read_project
from guest_sdk.testing.recording import Recording
from guest_sdk.testing.records.contract import Contracts, ExtensionFields
from guest_sdk.testing.records.ingest import Origin
from guest_sdk.testing.records.records import Records
from guest_sdk.testing.records.values import Fields
from guest_sdk.testing.redaction import Redactor
from guest_sdk.testing.request import LEFT_OUT, Request, plain_json
from guest_sdk.testing.run import PERSON, Run
from guest_sdk.testing.runs import Runs
from guest_sdk.testing.stubs import StubbedHttp
from guest_sdk.testing.types import (
    ConnectionOptions,
    ConnectorOptions,
    HookOutcome,
    LogLine,
    OAuthOptions,
    RouteResponse,
)
from guest_sdk.testing.views import (
    IngestLog,
    TestedCheckpoints,
    TestedRecords,
    TestedSecrets,
    TestedSettings,
)
from guest_sdk.testing.world import Credentials, World

_installed: ConnectorTestRuntime | None = None


def connector_test_runtime(
    *,
    settings: Mapping[str, object] | None = None,
    secrets: Mapping[str, str] | None = None,
    connector: ConnectorOptions | None = None,
    connection: ConnectionOptions | None = None,
    oauth: OAuthOptions | None = None,
    records: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    checkpoints: Mapping[str, Mapping[str, object]] | None = None,
    manifest: object = None,
    permissions: Mapping[str, object] | None = None,
    project: str | Path | None = None,
) -> ConnectorTestRuntime:
    """A runtime for one test; a plain extension leaves the connector's options out.

    settings: what `Settings` answers, over the manifest's own defaults. secrets: what `Secrets.get` answers, by name.
    connector, connection: where they are not the manifest's. oauth: the connection's tokens; without them
    `OAuth.access_token()` raises NotAvailable. records: those that exist before the test, by entity:
    `{"Customer": [{"id": "c1", "name": "Ada"}]}`. checkpoints: by stream. manifest: what `define_connector` or
    `define_extension` returned, or its JSON; the project's own where it is left out, and where there is no project
    everything is allowed. permissions: in place of the manifest's, written as there. project: its
    folder; the nearest one above the test that holds a `backfill.config.py` where it is left out.

    Raises what the project's manifest, entities or fields raise as they are loaded.
    """
    root = callers_root() if project is None else Path(project).resolve()
    found = None if root is None else read_project(root)
    given = _Given(
        settings or {},
        secrets or {},
        connector or {},
        connection or {},
        oauth,
        records or {},
        checkpoints or {},
        None if manifest is None else _manifest_json(manifest),
        None if permissions is None else _as_deployed(permissions),
    )
    return ConnectorTestRuntime(found, given)


@dataclass(frozen=True, slots=True)
class _Given:
    """The options of a test."""

    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    connector: ConnectorOptions
    connection: ConnectionOptions
    oauth: OAuthOptions | None
    records: Mapping[str, Sequence[Mapping[str, object]]]
    checkpoints: Mapping[str, Mapping[str, object]]
    manifest: Mapping[str, Any] | None
    permissions: Mapping[str, Any] | None

    def pretends(self, own: Mapping[str, Any], extension: str, provider: object) -> str | None:
        """What the test brings along that the sandbox does not have."""
        if self.oauth is not None and _missing_scopes(self.oauth):
            return "the test gives OAuth tokens that lack a scope"
        if self.manifest is not None or self.permissions is not None:
            return "the test brings its own manifest or permissions"
        if (extension, provider) != (own.get("key"), own.get("provider")):
            return "the test is about another connector"
        return None


class ConnectorTestRuntime:
    """Runs a project's routes, hooks and jobs in memory, by the rules of the sandbox: permissions, contracts,
    idempotency, transactions, errors.

        def test_customers() -> None:
            with connector_test_runtime(secrets={"api_key": "sk_test_123"}) as runtime:
                runtime.http.get_once(body={"data": [{"id": "cus_1", "name": "Ada"}]})
                assert runtime.call("POST /sync/customers").status == 200
                assert runtime.ingest.calls[0].source_id == "cus_1"

    Between `install` and `restore`, or within `with`, the SDK may also be used by the test itself, and the project's
    modules imported.
    """

    __test__ = False

    def __init__(self, project: Project | None, given: _Given) -> None:
        """Made by `connector_test_runtime`."""
        manifest = given.manifest or (project.manifest if project else None)
        permissions: Mapping[str, Any] | None = given.permissions
        if permissions is None and manifest is not None:
            # A manifest without permissions permits nothing.
            permissions = manifest.get("permissions") or {}
        policy, redactor = Policy(permissions, manifest), Redactor()
        own = manifest or {}
        extension = str(given.connector.get("key") or own.get("key") or "test")
        provider = given.connector.get("provider") or given.connection.get("provider") or own.get("provider")
        connection = given.connection.get("id", "default") if policy.is_connector else None
        fields = project.fields if project else ExtensionFields()
        contracts = Contracts(project.entities if project else (), fields)
        origin = Origin(str(provider or extension), connection)
        oauth, secrets = given.oauth, dict(given.secrets)
        token = None if oauth is None else lambda: _access_token(oauth)
        settings = {**_defaults_of(own), **plain_json(given.settings, "settings")}
        streams = None if manifest is None else [one["key"] for one in manifest.get("streams") or ()]
        http = Http(policy, redactor)
        self._world = World(
            extension=extension,
            policy=policy,
            hooks=project.roles.hooks if project else (),
            modules=project.modules if project else None,
            contracts=contracts,
            records=Records(contracts, fields, origin),
            http=http,
            connected=Credentials(secrets, token),
            unconnected=Credentials({} if policy.is_connector else secrets, None),
            settings=settings,
            streams=streams,
            redactor=redactor,
        )
        self._world.records.seed(given.records)
        for stream, value in given.checkpoints.items():
            self._world.records.set_checkpoint(stream, plain_json(value, "checkpoint"), None)
        self._connection = connection
        self._open: ExitStack | None = None
        pretends = given.pretends((project.manifest if project else None) or {}, extension, provider)
        recording = Recording.asked_for(
            given.records, pretends, oauth["access_token"] if oauth else None, self._world
        )
        self._runs = Runs(self._world, project, connection, recording, self._lend)

    def install(self) -> ConnectorTestRuntime:
        """Let the SDK lead here until `restore`. Raises RuntimeError while another runtime is installed."""
        global _installed
        if _installed is not None:
            if _installed is self:
                raise RuntimeError("this test runtime is installed already")
            raise RuntimeError("another test runtime is installed; call its restore() first, or use `with`")
        stack = self._connected()
        stack.enter_context(guest.outside_handlers(self._as_the_test))
        self._open, _installed = stack, self
        return self

    def restore(self) -> None:
        """Undo `install`."""
        global _installed
        if self._open is not None:
            self._open.close()
            self._open, _installed = None, None

    def __enter__(self) -> ConnectorTestRuntime:
        return self.install()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restore()

    def call(
        self,
        handler: Handler | str,
        *,
        method: str | None = None,
        path: str | None = None,
        search_params: Mapping[str, str | Sequence[str]] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = LEFT_OUT,
        raw_body: str | None = None,
    ) -> RouteResponse:
        """Run a route's handler as the host does: the answer is normalised, and what it wrote stays only where it
        returned.

        handler: the route, `"POST /sync/customers"` or `"GET /customers/42"`, or its function. path: the request's
        path as it was sent, `/customers/a%20b`; the route's parameters are read from it. params: the parameters of the
        route's path, in its place. raw_body: the body as it arrived; `body` as JSON where it is left out, and parsed
        into `body` where that is.

        Raises what the handler raised, LimitReached, and ValueError where no route answers.
        """
        request = Request(method, path, search_params or {}, params, headers or {}, body, raw_body)
        return self._runs.route(handler, request)

    def hook(
        self,
        entity: str,
        event: str,
        record: Mapping[str, object],
        *,
        previous: Mapping[str, object] | None = None,
    ) -> HookOutcome:
        """Run one hook of the project by itself: `hook("Invoice", "before_save", {…})`. What it writes stays unless it
        rejects.

        record: after the change; in a before-hook, as it is about to be. previous: as it was; a create where it is
        left out. Raises what an after-hook raised, which in the host goes to the logs.
        """
        return self._runs.hook(entity, event, record, previous)

    def job(self, name: str) -> Any:
        """Run a job of the project, as often as its `retry` says until it succeeds; answers what `run` returned. What
        it wrote stays, whatever happens next. Raises what the last attempt raised."""
        return self._runs.job(name)

    @property
    def http(self) -> StubbedHttp:
        """Answers to requests, and the requests."""
        return self._world.http.stubs

    @property
    def ingest(self) -> IngestLog:
        """What handlers handed to `ingest`."""
        return IngestLog(self._world)

    @property
    def checkpoints(self) -> TestedCheckpoints:
        """Checkpoints as they are stored by now."""
        return TestedCheckpoints(self._world)

    @property
    def logs(self) -> Sequence[LogLine]:
        """What handlers logged."""
        return self._world.logs

    @property
    def secrets(self) -> TestedSecrets:
        """The secrets as they are by now."""
        return TestedSecrets(self._world)

    @property
    def settings(self) -> TestedSettings:
        """The settings as they are by now."""
        return TestedSettings(self._world)

    @property
    def records(self) -> TestedRecords:
        """The records as they are by now."""
        return TestedRecords(self._world)

    def _as_the_test(self, message: guest.Message) -> str:
        # What a test does itself is a run of its own, call by call.
        self._world.records.under(self._connection)
        return Run(self._world, "immediate").door(Chain(), PERSON).answer(message)

    def _connected(self) -> ExitStack:
        modules, stack = self._world.modules, ExitStack()
        stack.enter_context(guest.connected(_not_ours if modules is None else modules.own_file))
        if modules is not None:
            stack.enter_context(modules.in_use())
        return stack

    def _lend(self) -> ExitStack:
        """A call without `install` leads here for its time."""
        return ExitStack() if self._open is not None else self._connected()


def _not_ours(_file: str) -> str | None:
    return None


def _manifest_json(manifest: object) -> Mapping[str, Any]:
    declaration = declaration_of(manifest)
    return plain_json(manifest if declaration is None else declaration.json, "manifest")


def _as_deployed(permissions: Mapping[str, object]) -> Mapping[str, Any]:
    whole = deployed_manifest(permissions=permissions)
    return plain_json(whole["permissions"], "permissions")


def _defaults_of(manifest: Mapping[str, Any]) -> Fields:
    """The settings that the manifest gives, before an admin's."""
    connection: Mapping[str, Any] = manifest.get("connection") or {}
    schema: Mapping[str, Any] = connection.get("settingsSchema") or {}
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    defaults = {
        name: one["default"]
        for name, one in properties.items()
        if "default" in one and one.get("x-secret") is not True
    }
    return {**defaults, **(manifest.get("config") or {})}


def _missing_scopes(oauth: OAuthOptions) -> list[str]:
    return [scope for scope in oauth.get("required_scopes", ()) if scope not in oauth.get("scopes", ())]


def _access_token(oauth: OAuthOptions) -> str:
    missing = _missing_scopes(oauth)
    if missing:
        why = f"the connection was not granted {', '.join(missing)}; connect it again"
        raise Refused("NotAvailable", why)
    return oauth["access_token"]
