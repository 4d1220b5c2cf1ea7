import { Log, api, ingest } from "@backfill-io/sdk";

// The host checks the signature over the raw body, with the secret `webhook_secret`, before this file runs.
export const config = { auth: "hmac_sha256" };

interface Event {
  id: string;
  type: string;
  occurred_at: string;
  data: { id: string; name: string; email: string | null };
}

/** One delivery. An event of another type is acknowledged, so that the provider does not send it again. */
export const POST = api<Event>(async (request) => {
  const event = request.body;
  if (event.type !== "customer.created" && event.type !== "customer.updated") {
    return api.json({ ignored: true, eventId: event.id, eventType: event.type }, { status: 202 });
  }
  const { id, name, email } = event.data;
  const result = ingest.canonical("customer", { source_id: id, name, email }, {
    stream: "events",
    idempotencyKey: `{{name}}:event:${event.id}`,
    sourceId: id,
    sourceUpdatedAt: event.occurred_at,
  });
  Log.info("event_ingested", { event: event.id, type: event.type, status: result.status });
  return api.json({ ok: true, eventId: event.id, status: result.status }, { status: 202 });
});
