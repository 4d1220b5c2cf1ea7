// src/api/sync/customers.ts
import { api, ingest } from "@backfill-io/sdk";
export const config = { auth: "api_key" };
export const POST = api(async (request) => {
const stream = "customers";
const apiKey = Secrets.get("api_key");
if (!apiKey) return api.badRequest("Missing api_key");
// Read cursor / page from request, fetch a page from Stripe,
// and emit each customer:
const res = Http.get("https://api.stripe.com/v1/customers?limit=100", {
auth: { bearer: apiKey },
});
if (!res.ok) return api.error(`Stripe ${res.status}`, { status: 502 });
const results = (res.body.data || []).map((c) =>
ingest.canonical("customer", { customer_id: c.id, name: c.name }, {
stream,
idempotencyKey: `stripe:customer:${c.id}`,
}),
);
return api.json({ stream, imported: results.length, hasMore: res.body.has_more });
});
