// src/api/webhooks/stripe.ts
import { api, ingest } from "@backfill-io/sdk";
import { transformPayment } from "../../lib/transforms/webhooks";
export const config = { auth: "stripe_signature" };
export const POST = api(async (request) => {
const event = request.body;
// dispatch on event.type, transform to canonical, emit:
ingest.canonical("payment", transformPayment(event), {
stream: "payments",
idempotencyKey: `stripe:event:${event.id}`,
});
return api.json({ ok: true }, { status: 202 });
});
