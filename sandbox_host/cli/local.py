"""One project on this machine: its package, a state folder, and runs of its entrypoints.

What `backfill invoke` and `backfill demo` share. There is one tenant, `local`; the install is made at first use,
and a connector's connection is named by the query's `connection_id`, else `default`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from sandbox_host import signatures
from sandbox_host.capabilities.base import Json
from sandbox_host.capabilities.sync import next_cursor
from sandbox_host.cli.inputs import Entry, Inputs, InvalidInput, problem
from sandbox_host.egress import Egress
from sandbox_host.errors import GuestError, LimitError, RunError
from sandbox_host.guest import actor_json
from sandbox_host.hooks.installed import Installed
from sandbox_host.installs import (
    ensure_connection,
    ensure_install,
    find_connection,
    find_install,
    installed_at,
)
from sandbox_host.invocation import Host, Invocation, Mode
from sandbox_host.packages.package import Package
from sandbox_host.records.origin import Origin
from sandbox_host.records.registry import SchemaRefused, check, take_up
from sandbox_host.records.schema import ExtensionSchema
from sandbox_host.records.unit_of_work import UnitOfWork
from sandbox_host.report import ErrorReport, RunReport
from sandbox_host.state import State
from sandbox_host.triggers import routes
from sandbox_host.triggers.base import NoSuchEntrypoint, NotAccepted, Trigger
from sandbox_host.triggers.hooks import hook_trigger, saving
from sandbox_host.triggers.jobs import job_trigger
from sandbox_host.vault import SecretsView
from sandbox_host.version import Version
from sandbox_host.workers.sandbox import Sandbox

TENANT = "local"
PUBLISHER = "local"
CONNECTION = "default"
ACTOR = "user:cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One run, as the command line asks for it. secrets, settings, records and
    oauth_token (the access token of the connection) are for this run only."""

    entry: Entry
    mode: Mode = "live"
    body: bytes = b""
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    sign: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    oauth_token: str | None = field(default=None, repr=False)
    settings: Sequence[str] = ()
    entity: Mapping[str, Json] | None = None
    previous: Mapping[str, Json] | None = None
    save: bool = False
    records: Mapping[str, Sequence[Json]] = field(default_factory=dict[str, Sequence[Json]])
    limits: Sequence[str] = ()


class LocalProject:
    """A package, ready to run against a state folder."""

    def __init__(
        self, package: Package, state: State, sandbox: Sandbox, egress: Egress, actor: str = ACTOR
    ) -> None:
        """actor: who sets off every run. Raises InvalidInput where the bundle cannot be evaluated within the default
        limits."""
        try:
            self._version = Version.load(sandbox, package)
        except LimitError as error:
            place = error.module or package.language.manifest
            raise InvalidInput([problem(place, f"{error.name}: {error.message}")]) from error
        self._package = package
        self._actor = actor
        self._state = state
        self._host = Host(sandbox, state.db, state.vault, state.audit, egress)
        sandbox.pool.warm(TENANT, runtime=package.language.runtime)

    def run(self, ask: Ask, beside: Sequence[LocalProject] = ()) -> RunReport:
        """Run one entrypoint. beside: other extensions of the workspace, installed before this one unless they were
        installed already; their hooks fire too. Raises InvalidInput for what is wrong with the question itself."""
        run = str(uuid4())
        inputs = Inputs()
        self._check_keys(beside)
        others = [one._installed(ask.mode) for one in beside]
        origin = self._origin(ask)
        try:
            trigger = self._trigger(ask, origin, run)
        except (NoSuchEntrypoint, NotAccepted) as error:
            raise InvalidInput([problem("ENTRY", str(error))]) from error
        except RunError as error:
            return RunReport(
                ok=False,
                mode=ask.mode,
                error=ErrorReport(name=error.name, code=error.code, message=error.message),
            )
        connection = self._package.manifest.connection
        schema = (connection.settings_schema if connection else None) or {}
        settings = {**self._version.defaults, **inputs.settings(ask.settings, schema)}
        limits = inputs.limits(ask.limits, trigger.wall_ms)
        if ask.oauth_token is not None and origin.connection is None:
            inputs.wrong("--oauth-token", "hooks and extensions have no connection; leave it out")
        elif ask.oauth_token is not None and (connection is None or connection.oauth is None):
            inputs.wrong(
                "--oauth-token", "the manifest has no connection.oauth; declare it, or leave this out"
            )
        inputs.check()
        invocation = Invocation(
            version=self._version,
            trigger=trigger,
            origin=origin,
            run=run,
            mode=ask.mode,
            limits=limits,
            settings=settings,
            secrets=ask.secrets,
            oauth_token=ask.oauth_token,
            records=ask.records,
        )
        invocation = replace(invocation, installs=self._in_order([*others, invocation.install]))
        try:
            return self._host.run(invocation)
        except GuestError as error:
            raise InvalidInput([problem("--records", error.message)]) from error

    def give(self, records: Mapping[str, Sequence[Json]]) -> None:
        """Store records as they are given, with their own ids, without hooks. Raises InvalidInput."""
        origin = self._origin(Ask(entry=Entry("job", "", "")))
        unit = _unit(self._state, origin, self._version.schema)
        try:
            unit.overlay(records, keep=True)
        except GuestError as error:
            raise InvalidInput([problem("--records", error.message)]) from error
        unit.commit()

    def _check_keys(self, beside: Sequence[LocalProject]) -> None:
        inputs, keys = Inputs(), {self._package.manifest.key}
        for one in beside:
            key = one._package.manifest.key
            if key in keys:
                inputs.wrong("--with", f"{key} is there already; an extension is installed once")
            keys.add(key)
        inputs.check()

    def _installed(self, mode: Mode) -> Installed:
        """This project's install, as another one's run finds it: without a connection."""
        origin = self._origin(Ask(entry=Entry("hook", "", ""), mode=mode))
        return Installed(version=self._version, origin=origin, settings=self._version.defaults)

    def _in_order(self, installs: Sequence[Installed]) -> list[Installed]:
        """In the order of their installation; those that exist for an observed run alone come last, as given."""
        made = installed_at(self._state.db, TENANT)
        ids = [one.origin.install for one in installs]
        order = sorted(range(len(ids)), key=lambda at: (ids[at] not in made, made.get(ids[at], ""), at))
        return [installs[at] for at in order]

    def _origin(self, ask: Ask) -> Origin:
        """Whose run this is. An observed run stores nothing, so an install or a connection that is not there
        yet exists for that run alone."""
        manifest, db, now = self._package.manifest, self._state.db, datetime.now(UTC)
        observe = ask.mode == "observe"
        if observe:
            install = find_install(db, TENANT, manifest.key)
        else:
            install = ensure_install(db, TENANT, manifest.key, publisher=PUBLISHER, now=now)
        if install:
            self._declare(install.id, observe)
        install_id = install.id if install else str(uuid4())
        connection = None
        if manifest.is_connector and ask.entry.kind != "hook":
            name = next((value for key, value in ask.query if key == "connection_id"), CONNECTION)
            if observe:
                made = find_connection(db, TENANT, install_id, name)
            else:
                made = ensure_connection(db, TENANT, install_id, name, now=now)
            connection = made.id if made else str(uuid4())
        return Origin(
            tenant=TENANT,
            install=install_id,
            connection=connection,
            source_system=manifest.provider or manifest.key,
            extension=manifest.key,
            actor=self._actor,
            generation=None if install else 1,
        )

    def _declare(self, install: str, observe: bool) -> None:
        """Make the version's entities and indexed fields the workspace's own; observed, only see that they
        could be."""
        try:
            (check if observe else take_up)(self._state.db, TENANT, install, self._version.schema)
        except SchemaRefused as refused:
            raise InvalidInput([problem(file, message) for file, message in refused.problems]) from refused

    def _trigger(self, ask: Ask, origin: Origin, run: str) -> Trigger:
        entry = ask.entry
        if ask.save and entry.kind != "hook":
            raise NotAccepted("--save performs the write around a hook; leave it out for a route or a job")
        if entry.kind == "job":
            return job_trigger(self._package, entry.first)
        if entry.kind == "hook":
            trigger = hook_trigger(
                self._package, entry.first, entry.second, ask.entity, ask.previous, actor_json(self._actor)
            )
            return saving(trigger) if ask.save else trigger
        return self._route(ask, origin, run)

    def _route(self, ask: Ask, origin: Origin, run: str) -> Trigger:
        request = routes.Request(ask.entry.first, ask.entry.second, ask.query, ask.headers, ask.body)
        route = routes.find_route(self._package, request.method, request.path)
        if routes.is_signed(route):
            view = SecretsView(self._state.vault, origin, observe=True, overlay=ask.secrets)
            secret = view.get(routes.WEBHOOK_SECRET)
            if ask.sign:
                request = _signed(route.auth, request, secret)
            routes.check_signature(route, request, secret, time.time())
        elif ask.sign:
            raise NotAccepted(
                f"{route.file} has no signature scheme (its auth is {route.auth}); leave out --sign"
            )
        caller = routes.Caller(
            tenant=TENANT,
            extension=self._package.manifest.key,
            connection=origin.connection,
            run=run,
            cursor=self._cursor(origin, routes.stream_of(self._package, request.method, route), ask),
        )
        return routes.route_trigger(self._package, request, caller)

    def _cursor(self, origin: Origin, stream: str | None, ask: Ask) -> Json:
        """Where the stream of this sync route stopped, as a poll would be handed it."""
        if stream is None:
            return None
        kept = _unit(self._state, origin, ExtensionSchema(), observe=True).get_checkpoint(stream)
        return next_cursor(kept or {}, dict(ask.query))


def _unit(state: State, origin: Origin, schema: ExtensionSchema, *, observe: bool = False) -> UnitOfWork:
    return UnitOfWork(state.db, origin, schema, ends="atomic", observe=observe, now=lambda: datetime.now(UTC))


def _signed(scheme: str, request: routes.Request, secret: str | None) -> routes.Request:
    if secret is None:
        raise NotAccepted(f"--sign needs a secret to sign with: --secret {routes.WEBHOOK_SECRET}=VALUE")
    try:
        headers = signatures.sign(scheme, secret, request.body, time.time())
    except signatures.SecretError as error:
        raise NotAccepted(f"--sign: {error}") from error
    return routes.Request(
        request.method, request.path, request.query, {**request.headers, **headers}, request.body
    )
