"""`ingest`: a provider's documents become versions of canonical records. Connectors only."""

from __future__ import annotations

from typing import Protocol

from policies.permissions import Call
from sandbox_host.capabilities.base import Args, Ask, Json
from sandbox_host.errors import GuestError, InvalidArgument, NotAvailable
from sandbox_host.records.contract import contract_of_document
from sandbox_host.records.ingest import source_id_of

OPTIONS = frozenset({"stream", "idempotencyKey", "sourceId", "sourceUpdatedAt"})
BATCH_OPTIONS = frozenset({"stream", "continueOnError"})
MAX_BATCH = 1000


class IngestWrites(Protocol):
    """How documents are ingested. See sandbox_host.hooks.writes, and UnitOfWork for what each promises."""

    def ingest(
        self,
        document_type: str,
        payload: Json,
        stream: Json,
        idempotency_key: Json,
        source_updated_at: Json = None,
        source_id: Json = None,
    ) -> Args: ...

    def ingest_batch(
        self, document_type: str, items: Json, stream: Json, *, continue_on_error: bool = False
    ) -> Args: ...


class IngestCapability:
    """`ingest.canonical` and `ingest.batch`, for one run."""

    name = "ingest"
    actions = ("canonical", "batch")

    def __init__(self, writes: IngestWrites) -> None:
        self._writes = writes

    def ask(self, action: str, args: Args) -> Ask:
        if action not in self.actions:
            raise NotAvailable(f"ingest has no {action!r}; it has canonical and batch")
        document_type = args.get("documentType")
        if type(document_type) is not str:
            raise InvalidArgument('the document type must be a string, such as "customer"')
        entity = contract_of_document(document_type).entity
        needs = (Call(self.name, action, entity=entity, needs="write"),)
        if action == "batch":
            options = _options(args, BATCH_OPTIONS)
            items, stream, go_on = args.get("items"), options.get("stream"), options.get("continueOnError")
            if isinstance(items, list) and len(items) > MAX_BATCH:
                raise InvalidArgument(
                    f"a batch holds at most {MAX_BATCH} payloads; this one has {len(items)}"
                )
            return Ask(
                entity,
                needs,
                lambda: self._writes.ingest_batch(
                    document_type, items, stream, continue_on_error=go_on is True
                ),
                effect=True,
            )
        options = _options(args, OPTIONS)
        payload = args.get("payload")
        return Ask(
            _resource(entity, document_type, payload, options),
            needs,
            lambda: self._writes.ingest(
                document_type,
                payload,
                options.get("stream"),
                options.get("idempotencyKey"),
                options.get("sourceUpdatedAt"),
                options.get("sourceId"),
            ),
            effect=True,
        )


def _options(args: Args, known: frozenset[str]) -> Args:
    options = args.get("options")
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise InvalidArgument("the options must be an object")
    unknown = sorted(options.keys() - known)
    if unknown:
        raise InvalidArgument(f"there is no option {unknown[0][:80]!r}; there are {', '.join(sorted(known))}")
    return options


def _resource(entity: str, document_type: str, payload: Json, options: Args) -> str:
    """`Customer/cus_1`; the entity alone where the payload names no source id, which its ingest then says."""
    if not isinstance(payload, dict):
        return entity
    key = options.get("idempotencyKey")
    try:
        source_id = source_id_of(
            document_type, payload, key if isinstance(key, str) else "", options.get("sourceId")
        )
    except GuestError:
        return entity
    return f"{entity}/{source_id[:200]}"
