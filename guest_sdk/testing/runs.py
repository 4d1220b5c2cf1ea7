"""The runs of a test's handlers: routes, hooks and jobs, each as the host runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from guest_sdk._runtime.errors import facts_of, stack_of
from guest_sdk._runtime.host import host_error
from guest_sdk.testing import guest
from guest_sdk.testing.discover import Hook
from guest_sdk.testing.door import Door
from guest_sdk.testing.errors import LimitReached, Refused
from guest_sdk.testing.guest import Ended, Handler, Kind
from guest_sdk.testing.hooks.chain import Chain
from guest_sdk.testing.hooks.hook import Change, context_of, returned_fields
from guest_sdk.testing.hooks.writes import mergeable
from guest_sdk.testing.project import Project, Route, place_of_caller
from guest_sdk.testing.recording import Ending, Recording, Started
from guest_sdk.testing.records.checkpoints import page_checkpoint
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.redaction import Redactor
from guest_sdk.testing.request import Request, input_of, plain_json
from guest_sdk.testing.run import PERSON, Run, script_actor
from guest_sdk.testing.types import Failure, HookOutcome, RouteResponse
from guest_sdk.testing.world import Credentials, World

_TENANT = "local"


@dataclass(frozen=True, slots=True)
class _Start:
    """A handler to run. place: its file and the name of its export. settle: what its end still has to go through, once
    it returned."""

    kind: Kind
    place: tuple[str, str]
    handler: Handler
    input: Value
    chain: Chain
    started: Started
    credentials: Credentials
    settle: Callable[[Ended, Door], None] | None = None


class Runs:
    """The runs of one runtime. lend: makes the SDK lead to this runtime for as long as it is entered."""

    def __init__(
        self,
        world: World,
        project: Project | None,
        connection: str | None,
        recording: Recording | None,
        lend: Callable[[], ExitStack],
    ) -> None:
        self._world = world
        self._project = project
        self._connection = connection
        self._recording = recording
        self._lend = lend

    def route(self, handler: Handler | str, request: Request) -> RouteResponse:
        """Raises what the handler raised, or LimitReached."""
        with self._lend():
            route, handler, request = self._found(handler, request)
            return self._answer(route, handler, request)

    def hook(
        self, entity: str, event: str, record: Mapping[str, object], previous: Mapping[str, object] | None
    ) -> HookOutcome:
        """A hook by itself: the record with what it returned in it. It has no connection."""
        key = f"{entity}:{event.replace('-', '_')}"
        hook = next((one for one in self._world.hooks if one.key == key), None)
        if hook is None:
            raise self._no_such("hook", key, [one.key for one in self._world.hooks])
        with self._lend():
            return self._alone(hook, plain_json(record, "record"), plain_json(previous, "previous"))

    def job(self, name: str) -> Any:
        """A job, as often as it asks for; what an attempt wrote stays."""
        jobs: Mapping[str, str] = self._project.roles.jobs if self._project else {}
        if name not in jobs:
            raise self._no_such("job", name, list(jobs))
        with self._lend():
            return self._attempts(name, jobs[name])

    def _found(self, handler: Handler | str, request: Request) -> tuple[Route | None, Handler, Request]:
        project = self._project
        if not isinstance(handler, str):
            if not callable(handler):  # pyright: ignore[reportUnnecessaryComparison]
                raise TypeError(
                    'runtime.call(handler): a route such as "POST /sync/customers", or its function'
                )
            return (None if project is None else project.route_of(handler)), handler, request
        if project is None:
            raise self._no_such("route", handler, [])
        route, path = project.route(handler)
        if path is not None and route.path != path and request.path is None:
            request = replace(request, path=path)
        return route, project.modules.function(route.file, route.method), request

    def _answer(self, route: Route | None, handler: Handler, request: Request) -> RouteResponse:
        world, connection = self._world, self._connection
        stream = route.stream if route else None
        kept = None if stream is None else world.records.checkpoints.get(stream, None)
        context: Fields = {
            "tenant": {"id": _TENANT},
            "extension": {"key": world.extension},
            "connection": None if connection is None else {"id": connection},
        }
        input = input_of(request, self._project, route, kept, context)

        def settle(ended: Ended, door: Door) -> None:
            if stream is not None and stream not in door.committed:
                self._keep_page(stream, input["searchParams"], ended)

        world.records.under(connection)
        entry = f"{route.method} {input['path']}" if route else None
        place = (route.file, route.method) if route else ("the test", "the function")
        started = Started(place_of_caller(), entry, route.file if route else None, connection, input)
        start = _Start("route", place, handler, input, Chain(), started, world.connected, settle)
        ended = self._run(start, Run(world, "atomic"))
        return RouteResponse(ended.status, dict(ended.headers), ended.body)

    def _alone(self, hook: Hook, given: Fields, before: Fields | None) -> HookOutcome:
        records, modules = self._world.records, self._world.modules
        assert modules is not None
        records.under(None)
        is_new = before is None
        previous = None if before is None else records.drafted(hook.entity, before, False)
        record = records.drafted(hook.entity, given, is_new)
        input = context_of(hook, Change(record, previous), PERSON)
        about = record.get("id")
        chain = Chain(0, hook.key, about if isinstance(about, str) else None)
        handler = modules.function(hook.file, hook.event)
        started = Started(place_of_caller(), hook.label, hook.file, None, input)
        credentials = Credentials(self._world.connected.secrets, None)
        start = _Start("hook", (hook.file, "default"), handler, input, chain, started, credentials)
        take_back = records.savepoint()
        try:
            body = self._run(start, Run(self._world, "atomic")).body
            after = self._merged(hook, record, body, is_new) if hook.merges else record
        except LimitReached:
            raise
        except Exception as error:
            take_back()
            if not hook.rejects:
                raise
            rejected = Failure(error.name, error.code, error.message) if isinstance(error, Refused) else None
            return HookOutcome(record, None, rejected or Failure(*facts_of(error)))
        except BaseException:
            take_back()
            raise
        return HookOutcome(after, body, None)

    def _merged(self, hook: Hook, record: Fields, returned: Value, is_new: bool) -> Fields:
        fields = returned_fields(hook, returned, record)
        if isinstance(fields, str):
            raise Refused("HookRejected", fields)
        draft = self._world.records.drafted
        return mergeable(hook, lambda body: draft(hook.entity, body, is_new), {**record, **fields})

    def _attempts(self, name: str, file: str) -> Any:
        world = self._world
        assert world.modules is not None
        handler = world.modules.function(file, "run")
        retry = getattr(world.modules.load(file), "retry", 1)
        world.records.under(self._connection)
        started = Started(place_of_caller(), f"job:{name}", file, self._connection, None)
        end = self._begin(started)
        run = Run(world, "immediate")
        attempt = 1
        while True:
            try:
                ended = self._invoke(
                    _Start("job", (file, "run"), handler, None, Chain(), started, world.connected), run
                )
            except Exception as error:
                if attempt >= retry:
                    end(run, {"error": self._told(error)})
                    raise
                name_of, _, message = _facts(error)
                why = world.redactor.text(f"{name_of}: {message}")
                run.logs.note(
                    "warn", f"attempt {attempt} of {retry} failed: {why}", {"stack": stack_of(error)}
                )
                run = Run(world, "immediate", run)
                attempt += 1
                continue
            end(run, {"response": {"status": 200, "headers": {}, "body": ended.body}})
            return ended.body

    def _run(self, start: _Start, run: Run) -> Ended:
        """An atomic run: what it wrote stays only where it returned, and the hooks after its writes run then."""
        take_back = self._world.records.savepoint()
        end = self._begin(start.started)
        try:
            ended = self._invoke(start, run)
            run.after.run_all()
        except BaseException as error:
            take_back()
            end(run, {"error": self._told(error)})
            raise
        end(run, {"response": {"status": ended.status, "headers": ended.headers, "body": ended.body}})
        return ended

    def _invoke(self, start: _Start, run: Run) -> Ended:
        """Call the handler. Raises what it raised, or the limit that it hit."""
        world, token = self._world, start.credentials.token
        if token is not None:
            _learn(world.redactor, token)
        door = run.door(start.chain, script_actor(world.extension), start.credentials)
        ended = guest.run(start.kind, start.place, start.handler, start.input, door.answer)
        if run.limit is not None:
            raise run.limit
        if ended.thrown is not None:
            raise ended.thrown
        if ended.error is not None:
            error = ended.error
            raise host_error({"name": error.name, "code": error.code, "message": error.message})
        if start.settle is not None:
            start.settle(ended, door)
        run.collect_writes()
        return ended

    def _keep_page(self, stream: str, window: Value, ended: Ended) -> None:
        """A sync route's answer may carry the checkpoint that its handler did not commit itself."""
        body = ended.body
        if not 200 <= ended.status <= 299 or not isinstance(body, dict) or not isinstance(window, dict):
            return
        if body.get("cursor") is not None or body.get("checkpoint") is not None:
            self._world.records.set_checkpoint(stream, page_checkpoint(body, window), None)

    def _begin(self, started: Started) -> Ending:
        return _unrecorded if self._recording is None else self._recording.begin(started)

    def _told(self, error: BaseException) -> dict[str, str]:
        name, _, message = _facts(error)
        redacted = self._world.redactor.text
        return {"name": redacted(name), "message": redacted(message)}

    def _no_such(self, what: str, name: str, known: list[str]) -> ValueError:
        why = "" if self._project else "; no backfill.config.py is above the test"
        return ValueError(f"no {what} {name}; there are: {', '.join(known) or 'none'}{why}")


def _learn(redactor: Redactor, token: Callable[[], str]) -> None:
    """Hide the connection's access token, whether or not a handler asks for it."""
    try:
        redactor.learn("oauth_token", token())
    except Refused:
        pass


def _unrecorded(_run: Run, _outcome: Mapping[str, Any]) -> None:
    return


def _facts(error: BaseException) -> tuple[str, str, str]:
    if isinstance(error, Refused | LimitReached):
        return error.name, error.code, error.message
    return facts_of(error)
