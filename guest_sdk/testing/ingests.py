"""`ingest`: a provider's documents become versions of records, and every one is listed for the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from guest_sdk.connectors import IngestResult
from guest_sdk.testing.ask import Ask
from guest_sdk.testing.errors import Refused, invalid
from guest_sdk.testing.records.documents import IngestAction
from guest_sdk.testing.records.ingest import IngestArguments, source_id_of
from guest_sdk.testing.records.values import Fields, Value
from guest_sdk.testing.types import Failure, IngestCall, IngestFault

if TYPE_CHECKING:
    from guest_sdk.testing.hooks.writes import HookedWrites
    from guest_sdk.testing.run import Run

_MAX_BATCH = 1000
_ONE = ("idempotencyKey", "sourceId", "sourceUpdatedAt", "stream")
_MANY = ("continueOnError", "stream")


class Ingests:
    """`ingest.canonical` and `ingest.batch`, for one guest."""

    def __init__(self, run: Run, writes: HookedWrites) -> None:
        self._run = run
        self._world = run.world
        self._writes = writes

    def ask(self, action: str, args: Fields) -> Ask:
        """Understand one call. Raises Refused."""
        document_type = args.get("documentType")
        if not isinstance(document_type, str):
            raise invalid('the document type must be a string, such as "customer"')
        entity = self._world.contracts.of_document(document_type).entity
        decisions = [self._world.policy.entity(entity, "write")]
        if action == "batch":
            options = _options_of(args, _MANY)
            items = args.get("items")
            if not isinstance(items, list):
                raise invalid("payloads is a list")
            if len(items) > _MAX_BATCH:
                raise invalid(f"a batch holds at most {_MAX_BATCH} payloads; this one has {len(items)}")
            given = [item for item in items if isinstance(item, dict)]
            return Ask(
                entity,
                decisions,
                lambda: self._run.whole(lambda: self._batch(document_type, given, options)),
            )
        options = _options_of(args, _ONE)
        payload = args.get("payload")
        return Ask(
            _resource_of(entity, document_type, payload, options),
            decisions,
            lambda: self._one("canonical", document_type, payload, options, options),
        )

    def _batch(self, document_type: str, items: Sequence[Fields], options: Fields) -> Value:
        results: list[Value] = []
        failed: list[Value] = []
        duplicates = 0
        for index, item in enumerate(items):
            try:
                result = self._one("batch", document_type, item.get("payload"), item, options)
            except Refused as refused:
                if options.get("continueOnError") is not True:
                    raise Refused(refused.name, f"item {index}: {refused.message}") from None
                error: Fields = {"name": refused.name, "code": refused.code, "message": refused.message}
                key = item.get("idempotencyKey")
                failed.append({"index": index, "idempotencyKey": key, "error": error})
                continue
            results.append(result)
            duplicates += result["status"] == "duplicate"
        return {
            "imported": len(results) - duplicates,
            "failed": len(failed),
            "duplicates": duplicates,
            "results": results,
            "failedRecords": failed,
        }

    def _one(
        self, action: IngestAction, document_type: str, payload: Value, item: Fields, options: Fields
    ) -> Fields:
        stream, key, source_id = options.get("stream"), item.get("idempotencyKey"), item.get("sourceId")
        given = IngestArguments(payload, stream, key, item.get("sourceUpdatedAt"), source_id)
        call = IngestCall(action, document_type, cast(Any, key), cast(Any, stream), payload)
        self._world.ingests.append(call)
        try:
            if isinstance(payload, dict):
                call.source_id = source_id_of(document_type, payload, str(key), source_id)
            self._fail_if_asked(call)
            result = self._writes.ingest(document_type, given, action)
        except Refused as refused:
            call.error = Failure(refused.name, refused.code, refused.message)
            raise
        call.result = IngestResult(result)
        return result

    def _fail_if_asked(self, call: IngestCall) -> None:
        faults = self._world.faults
        fault = next((one for one in faults if _matches(one, call)), None)
        if fault is not None:
            faults.remove(fault)
            raise Refused(fault.name, fault.message)


def _matches(fault: IngestFault, call: IngestCall) -> bool:
    return (
        fault.document_type in (None, call.document_type)
        and fault.source_id in (None, call.source_id)
        and fault.idempotency_key in (None, call.idempotency_key)
    )


def _options_of(args: Fields, known: Sequence[str]) -> Fields:
    options = args.get("options")
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise invalid("the options must be an object")
    unknown = sorted(key for key in options if key not in known)
    if unknown:
        raise invalid(f"there is no option '{unknown[0][:80]}'; there are {', '.join(known)}")
    return options


def _resource_of(entity: str, document_type: str, payload: Value, options: Fields) -> str:
    """`Customer/cus_1`; the entity alone where the payload names no source id, which its ingest then says."""
    if not isinstance(payload, dict):
        return entity
    key = options.get("idempotencyKey")
    try:
        found = source_id_of(
            document_type, payload, key if isinstance(key, str) else "", options.get("sourceId")
        )
    except Refused:
        return entity
    return f"{entity}/{found[:200]}"
