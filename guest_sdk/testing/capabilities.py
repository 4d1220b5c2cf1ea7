"""What a handler can ask for: each capability turns its arguments into an `Ask`, which the door decides on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from guest_sdk.testing.ask import Ask, partition_of, text_of
from guest_sdk.testing.crypto import crypto, verify
from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.http import Hop
from guest_sdk.testing.ingests import Ingests
from guest_sdk.testing.policy import allow
from guest_sdk.testing.records.checkpoints import own_checkpoint, page_checkpoint, refuse_page
from guest_sdk.testing.records.table import Write
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.types import Level
from guest_sdk.testing.world import Credentials

if TYPE_CHECKING:
    from guest_sdk.testing.hooks.writes import HookedWrites
    from guest_sdk.testing.run import Run

_SECRET_BYTES = 64 * 1024
_READS = ("get", "query", "exists", "count")
_WRITES = ("create", "update", "delete", "action")


class Capabilities:
    """The capabilities of one guest. committed: takes the streams whose page it commits itself."""

    def __init__(
        self, run: Run, writes: HookedWrites, credentials: Credentials, committed: set[str], hop: Hop
    ) -> None:
        self._run = run
        self._world = run.world
        self._writes = writes
        self._credentials = credentials
        self._committed = committed
        self._hop = hop
        self._ingests = Ingests(run, writes)

    def ask(self, capability: str, action: str, args: Fields) -> Ask:
        """Understand one call. Raises Refused."""
        match capability:
            case "http":
                return self._http(action, args)
            case "secrets":
                return self._secrets(action, args)
            case "settings":
                return self._settings(action, args)
            case "entity":
                return self._entity(action, args)
            case "ingest":
                return self._ingests.ask(action, args)
            case "sync":
                return self._sync(action, args)
            case "log":
                return self._log(args)
            case "crypto":
                answer = crypto(action, args)
                return Ask("", (), lambda: answer)
            case "verify":
                return Ask("", (), lambda: verify(action, args))
            case "oauth":
                return Ask("connection", (), self._credentials.token or _no_tokens)
            case _:
                raise Refused("NotAvailable", f"there is no capability '{capability}'")

    def _http(self, action: str, args: Fields) -> Ask:
        ask = self._world.http.ask(action, args, self._hop, self._credentials.token)
        if not ask.effect:
            return Ask(ask.resource, [ask.decision], ask.perform)
        data = self._world.redactor.value(ask.payload)
        write = Write("http", action, None, ask.resource, data)
        return Ask(ask.resource, [ask.decision], ask.perform, write)

    def _log(self, args: Fields) -> Ask:
        level, text, data = cast(Level, args.get("level")), text_of(args, "message"), args.get("data")

        def perform() -> Value:
            self._run.logs.note(level, text, data)
            return None

        return Ask(level, (), perform)

    def _secrets(self, action: str, args: Fields) -> Ask:
        policy, redactor, secrets = self._world.policy, self._world.redactor, self._credentials.secrets
        if action == "list":
            granted: list[Value] = [name for name in sorted(secrets) if policy.lists_secret(name)]
            return Ask("*", [allow("always", "the list holds granted names only")], lambda: granted)
        name = text_of(args, "name")
        if action == "has":
            return Ask(name, [policy.secret(name, "read")], lambda: name in secrets)
        if action == "get":

            def read() -> Value:
                value = secrets.get(name)
                if value is not None:
                    redactor.learn(name, value)
                return value

            return Ask(name, [policy.secret(name, "read")], read)
        decisions = [policy.secret(name, "write")]
        write = Write("secret", action, None, name, None)
        if action == "delete":
            return Ask(name, decisions, lambda: secrets.pop(name, None) is not None, write)
        value = text_of(args, "value")
        if len(value.encode(errors="surrogatepass")) > _SECRET_BYTES:
            raise invalid(f"value must be at most {_SECRET_BYTES} bytes")

        def keep() -> Value:
            redactor.learn(name, value)
            secrets[name] = value
            return None

        return Ask(name, decisions, keep, write)

    def _settings(self, action: str, args: Fields) -> Ask:
        settings = self._world.settings
        if action == "getAll":
            return Ask("*", (), lambda: dict(settings))
        key = text_of(args, "key")
        return Ask(key, (), lambda: settings.get(key))

    def _entity(self, action: str, args: Fields) -> Ask:
        name = args.get("entity")
        if not isinstance(name, str):
            raise invalid("the entity's name must be a string")
        id = args.get("id")
        resource = f"{name[:80]}/{id[:200]}" if isinstance(id, str) else name[:80]
        if action in _READS:
            return self._entity_read(name, action, args, resource)
        if action in _WRITES:
            return self._entity_write(name, action, args, resource)
        known = ", ".join(sorted((*_READS, *_WRITES)))
        raise Refused("NotAvailable", f"Entity has no '{action}'; it has {known}")

    def _entity_read(self, name: str, action: str, args: Fields, resource: str) -> Ask:
        records, policy = self._world.records, self._world.policy
        include = _include_of(args.get("include"))
        where = args.get("where")
        if action == "get":
            text_of(args, "id")
        order_by, limit, offset = args.get("orderBy"), args.get("limit"), args.get("offset")
        reads: Mapping[str, Callable[[], Value]] = {
            "get": lambda: records.get(name, args.get("id"), include),
            "query": lambda: list[Value](records.query(name, where, order_by, limit, offset, include)),
            "exists": lambda: records.count(name, where) > 0,
            "count": lambda: records.count(name, where),
        }
        asked = [name, *self._included(name, include)]
        return Ask(resource, [policy.entity(entity, "read") for entity in asked], reads[action])

    def _entity_write(self, name: str, action: str, args: Fields, resource: str) -> Ask:
        attrs = args.get("attrs")
        record = "" if action == "create" else text_of(args, "id")
        change = text_of(args, "name") if action == "action" else ""

        def act() -> Value:
            after = self._writes.action(name, record, change, args.get("params"))
            known = self._world.contracts.of(name).actions.get(change)
            return self._shown(name, after, known.fields if known else ())

        writes: Mapping[str, Callable[[], Value]] = {
            "create": lambda: self._shown(name, self._writes.create(name, attrs), _names_in(attrs)),
            "update": lambda: self._shown(name, self._writes.update(name, record, attrs), _names_in(attrs)),
            "delete": lambda: self._writes.delete(name, record),
            "action": act,
        }
        return Ask(resource, [self._world.policy.entity(name, "write")], writes[action])

    def _shown(self, entity: str, record: Fields, written: Sequence[str]) -> Fields:
        """With `write` alone a write answers the id, the version and the fields just written."""
        if self._world.policy.entity(entity, "read").allowed:
            return record
        own = {"id", "_version", *written}
        return {name: value for name, value in record.items() if name in own}

    def _included(self, entity: str, include: Sequence[str]) -> list[str]:
        try:
            known = self._world.contracts.of(entity).includes
        except Refused:
            return []
        return [known[name][1] for name in include if name in known]

    def _sync(self, action: str, args: Fields) -> Ask:
        records = self._world.records
        stream = text_of(args, "stream")
        resource = stream[:200]
        if action == "commitPage":
            page = page_checkpoint(args, args)

            def commit() -> Value:
                self._check_declared(stream)
                self._committed.add(stream)
                records.set_checkpoint(stream, page, None)
                return own_checkpoint(page)

            return Ask(resource, (), commit)
        partition = partition_of(args.get("partition"))
        if action == "getCheckpoint":

            def read() -> Value:
                self._check_declared(stream)
                kept = records.checkpoints.get(stream, partition)
                return None if kept is None else own_checkpoint(kept)

            return Ask(resource, (), read)

        def keep() -> Value:
            self._check_declared(stream)
            refuse_page(args.get("value"))
            records.set_checkpoint(stream, args.get("value"), partition)
            return None

        return Ask(resource, (), keep)

    def _check_declared(self, stream: str) -> None:
        # Asked after the decision: what an extension hears is that it has no `sync`, not that it declares no stream.
        streams = self._world.streams
        if streams is None or stream in streams:
            return
        known = ", ".join(sorted(streams)) or "none"
        raise invalid(f"the manifest declares no stream '{stream[:80]}'; it declares {known}")


def _no_tokens() -> Value:
    why = "this connection has no OAuth tokens; connect it to its provider first"
    raise Refused("NotAvailable", why)


def _names_in(attrs: Value) -> Sequence[str]:
    return list(attrs) if isinstance(attrs, dict) else ()


def _include_of(value: Value) -> list[str]:
    if value is None:
        return []
    names = [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(names) != len(value):
        raise invalid('include must be a list of names, such as ["customer"]')
    return names
