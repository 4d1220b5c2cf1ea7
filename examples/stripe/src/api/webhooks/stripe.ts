import { Log, Secrets, api, ingest } from "@backfill-io/sdk";
import { EVENTS, type StripeEvent } from "../../lib/events";
import { Stripe, StripeError } from "../../lib/stripe";
import { dateTime } from "../../lib/transforms";

// The host checks Stripe-Signature over the raw body before this file runs.
export const config = { auth: "stripe_signature" };

export const POST = api(async (request) => {
  const event: StripeEvent = request.body;
  const transform = EVENTS.get(event.type);
  if (transform === undefined) {
    return api.json({ ignored: true, eventId: event.id, eventType: event.type }, { status: 202 });
  }
  const apiKey = Secrets.get("api_key");
  if (!apiKey) return api.badRequest("The connection has no api_key; enter it in the connection's settings");
  try {
    const results = transform(event.data.object, new Stripe(apiKey)).map((emission) =>
      ingest.canonical(emission.documentType, emission.payload, {
        stream: emission.stream,
        sourceId: emission.sourceId,
        idempotencyKey: `stripe:event:${event.id}:${emission.documentType}:${emission.sourceId}`,
        sourceUpdatedAt: dateTime(event.created) ?? undefined,
      }),
    );
    Log.info("event_ingested", { event: event.id, type: event.type, records: results.length });
    return api.json({ ok: true, eventId: event.id, results }, { status: 202 });
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    // Anything but 2xx makes Stripe deliver the event again later.
    Log.warn("stripe_refused", { event: event.id, status: error.response.status, message: error.message });
    return api.providerError(error.message, error.response);
  }
});
