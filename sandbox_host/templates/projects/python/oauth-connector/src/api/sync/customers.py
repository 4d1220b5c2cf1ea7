from urllib.parse import quote

from guest_sdk import ApiRequest, ApiResponse, Log, api, ingest, sync

from lib.provider import access_token, customer, get

config = {"auth": "api_key"}
STREAM = "customers"


def POST(request: ApiRequest) -> ApiResponse:
    """One page of customers. The host calls again while `has_more` is true."""
    token = access_token()
    if token is None:
        return api.unauthorized("Connect this connection to its provider first")

    page = sync.list_page(request, STREAM)
    after = "" if page.cursor is None else f"&cursor={quote(page.cursor, safe='')}"
    response = get(f"/customers?limit={page.page_size}{after}", token)
    if not response.ok:
        return api.provider_error("The customers cannot be read", response)

    result = ingest.batch(
        "customer",
        [customer(given) for given in response.body["data"]],
        stream=STREAM,
        continue_on_error=True,
        source_id=lambda payload: payload["source_id"],
        idempotency_key=lambda payload: f"{{name}}:customer:{payload['source_id']}",
    )
    for refused in result.failed_records:
        Log.error("record_refused", {"stream": STREAM, **refused})

    cursor = response.body["next_cursor"]
    page.commit(cursor=cursor, has_more=cursor is not None)
    return api.json(
        {
            "stream": STREAM,
            "imported": result.imported,
            "duplicates": result.duplicates,
            "failed": result.failed,
            "failedRecords": result.failed_records,
            "hasMore": cursor is not None,
        }
    )
