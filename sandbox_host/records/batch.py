"""`ingest.batch`: several documents in one call, all of them or, where the caller goes on, the good ones."""

from __future__ import annotations

from collections.abc import Callable

from sandbox_host.db import TenantSession
from sandbox_host.errors import GuestError
from sandbox_host.records.contract import Contract
from sandbox_host.records.ingest import understand
from sandbox_host.records.ingest_writes import IngestWrites
from sandbox_host.records.values import Json
from sandbox_host.records.writing import Record


def run_batch(
    writes: IngestWrites,
    session: TenantSession,
    contract: Contract,
    items: list[Json],
    stream: Json,
    go_on: bool,
) -> Record:
    """Stage each item and answer `{imported, failed, duplicates, results, failedRecords}`. Unless `go_on`, the
    first item that fails takes back the whole batch and raises its own error, naming its index."""
    take_back = writes.writer.savepoint()
    try:
        return batch_answer(items, lambda item: _one(writes, session, contract, item, stream), go_on)
    except GuestError:
        take_back()
        raise


def batch_answer(items: list[Json], one: Callable[[Record], Record], go_on: bool) -> Record:
    """Ingest each with `one`, which leaves nothing of an item that it refuses. Unless `go_on`, the first that
    fails raises its own error, naming its index; what the others staged is the caller's to take back."""
    results: list[Json] = []
    failed: list[Json] = []
    duplicates = 0
    for index, each in enumerate(items):
        item = each if isinstance(each, dict) else {}
        try:
            result = one(item)
        except GuestError as problem:
            if not go_on:
                raise type(problem)(f"item {index}: {problem.message}") from problem
            error: Json = {"name": problem.name, "code": problem.code, "message": problem.message}
            failed.append({"index": index, "idempotencyKey": item.get("idempotencyKey"), "error": error})
        else:
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
    writes: IngestWrites, session: TenantSession, contract: Contract, item: Record, stream: Json
) -> Record:
    understood = understand(
        contract,
        writes.view.schema.fields,
        writes.view.origin,
        item.get("payload"),
        stream,
        item.get("idempotencyKey"),
        item.get("sourceUpdatedAt"),
        item.get("sourceId"),
    )
    return writes.ingest(session, understood, "batch")
