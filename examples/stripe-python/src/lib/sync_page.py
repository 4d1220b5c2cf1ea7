"""One page of one stream: what the four sync routes share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from guest_sdk import ApiRequest, ApiResponse, DocumentType, Log, Secrets, api, ingest, sync

from lib.stripe import Stripe, StripeError

Json = dict[str, Any]

# Stripe lists the newest first. `since` is where this round of pages stops; `newest` is where the next will.
# They become one when the last page is in, and a round that broke off goes on at `cursor`: nothing is missed.
FIRST: Json = {"cursor": None, "since": None, "newest": None}


def sync_page(
    request: ApiRequest,
    *,
    stream: str,
    path: str,
    document_type: DocumentType,
    transform: Callable[[Json, Stripe], Json],
    query: Json | None = None,
) -> ApiResponse:
    """Read one page, ingest it, and stage the cursor for the next.

    stream: the key in the manifest's `streams`. path: Stripe's list, `/customers`.
    """
    api_key = Secrets.get("api_key")
    if not api_key:
        return api.bad_request("The connection has no api_key; enter it in the connection's settings")
    stripe = Stripe(api_key)
    page = sync.list_page(request, stream)
    saved = sync.get_checkpoint(stream) or FIRST
    backfill = page.from_ is not None or page.to is not None
    wanted = {
        "limit": min(page.page_size, 100),
        "starting_after": page.cursor or (None if backfill else saved["cursor"]),
        "created[gte]": _seconds(page.from_) if backfill else saved["since"],
        "created[lte]": _seconds(page.to),
        **(query or {}),
    }
    try:
        found = stripe.get(path, wanted)
        items, more = found["data"], found["has_more"]
        payloads = [{**transform(item, stripe), "source_id": item["id"]} for item in items]
        batch = ingest.batch(
            document_type,
            payloads,
            stream=stream,
            continue_on_error=True,
            source_id=lambda payload: payload["source_id"],
            idempotency_key=lambda payload: f"stripe:{document_type}:{payload['source_id']}",
        )
        for failed in batch.failed_records:
            Log.error("record_refused", {"stream": stream, **failed})

        newest = max([saved["newest"] or 0, *(item["created"] for item in items)]) or None
        cursor = items[-1]["id"] if more and items else None
        polled = {"cursor": cursor, "newest": newest, "since": saved["since"] if more else newest}
        checkpoint = saved if backfill else polled
        page.commit(cursor=cursor, has_more=more, checkpoint=checkpoint)
        counts = {"imported": batch.imported, "duplicates": batch.duplicates, "failed": batch.failed}
        Log.info("page_synced", {"stream": stream, **counts})
        return api.json(
            {
                "stream": stream,
                **counts,
                "failedRecords": batch.failed_records,
                "hasMore": more,
                "cursor": cursor,
                "checkpoint": checkpoint,
            }
        )
    except StripeError as error:
        status = error.response.status
        Log.warn("stripe_refused", {"stream": stream, "status": status, "message": str(error)})
        return api.provider_error(str(error), error.response)


def _seconds(time: str | None) -> int | None:
    """RFC 3339 as Stripe's unix seconds."""
    return None if time is None else int(datetime.fromisoformat(time).timestamp())
