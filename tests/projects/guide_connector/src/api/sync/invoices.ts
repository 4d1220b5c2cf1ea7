// src/api/sync/invoices.ts
import { api, ingest } from "@backfill-io/sdk";
import { transformStripeInvoice } from "../../lib/transforms/invoices";
export const config = { auth: "api_key" };
export const POST = api(async (request) => {
const stripeInvoice = request.body;
const payload = transformStripeInvoice(stripeInvoice);
payload.line_items = (payload.line_items ?? []).map((line) => ({
...line,
stripe_tax_behavior: line.metadata?.stripe_tax_behavior ?? "unspecified",
stripe_balance_transaction_id: line.metadata?.balance_transaction_id,
stripe_fee_amount: line.metadata?.stripe_fee_amount,
}));
const result = ingest.canonical("invoice", payload, {
stream: "invoices",
idempotencyKey: `stripe:invoice:${stripeInvoice.id}`,
});
return api.json(result);
});
