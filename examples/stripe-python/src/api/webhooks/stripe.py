from guest_sdk import ApiRequest, ApiResponse, Log, Secrets, api, ingest

from lib.events import EVENTS
from lib.stripe import Stripe, StripeError
from lib.transforms import date_time

# The host checks Stripe-Signature over the raw body before this file runs.
config = {"auth": "stripe_signature"}


def POST(request: ApiRequest) -> ApiResponse:
    event = request.body
    transform = EVENTS.get(event["type"])
    if transform is None:
        return api.json({"ignored": True, "eventId": event["id"], "eventType": event["type"]}, status=202)
    api_key = Secrets.get("api_key")
    if not api_key:
        return api.bad_request("The connection has no api_key; enter it in the connection's settings")
    try:
        results = [
            ingest.canonical(
                emission.document_type,
                emission.payload,
                stream=emission.stream,
                source_id=emission.source_id,
                idempotency_key=f"stripe:event:{event['id']}:{emission.document_type}:{emission.source_id}",
                source_updated_at=date_time(event["created"]),
            )
            for emission in transform(event["data"]["object"], Stripe(api_key))
        ]
        Log.info("event_ingested", {"event": event["id"], "type": event["type"], "records": len(results)})
        return api.json({"ok": True, "eventId": event["id"], "results": results}, status=202)
    except StripeError as error:
        # Anything but 2xx makes Stripe deliver the event again later.
        status = error.response.status
        Log.warn("stripe_refused", {"event": event["id"], "status": status, "message": str(error)})
        return api.provider_error(str(error), error.response)
