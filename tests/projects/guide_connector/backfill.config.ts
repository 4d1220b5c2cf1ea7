// backfill.config.ts
import { defineConnector } from "@backfill-io/sdk";
export default defineConnector({
key: "stripe",
name: "Stripe",
provider: "stripe",
kind: "source",
version: "0.2.0",
permissions: {
http: ["https://api.stripe.com/*"],
entities: {
Customer: ["write"],
Invoice: ["write"],
Payment: ["write"],
// ...the rest
},
secrets: {
api_key: ["read"],
webhook_secret: ["read"],
},
},
connection: {
testConnection: { route: "/setup/test_connection", method: "POST" },
setup: {
webhookUrlTemplate:
"/api/v1/extensions/<tenant_id>/stripe/routes/webhooks/stripe?connection_id=<connection_id>",
instructions:
"Create a Stripe webhook endpoint forwarding accounting events to the generated URL, then paste the signing secret here.",
},
settingsSchema: {
type: "object",
required: ["api_key"],
properties: {
api_key: {
type: "string", minLength: 1,
title: "Secret API key",
"x-secret": true,
"x-placeholder": "sk_live_... or sk_test_...",
},
webhook_secret: {
type: "string", minLength: 1,
title: "Webhook signing secret",
"x-secret": true,
"x-placeholder": "whsec_...",
},
},
},
},
webhooks: { endpoint: "/webhooks/stripe", auth: "stripe_signature" },
streams: [
{ key: "events", mode: "webhook" },
{ key: "customers", mode: "poll", schedule: "*/15 * * * *" },
{ key: "invoices", mode: "poll", schedule: "*/15 * * * *" },
{ key: "payments", mode: "poll", schedule: "*/15 * * * *" },
{ key: "payouts", mode: "poll", schedule: "*/15 * * * *" },
],
ui: {
lineColumns: [
{
id: "stripe-tax-behavior",
label: "Stripe tax",
entity: "Invoice",
lineCollection: "line_items",
field: "stripe_tax_behavior",
width: 140,
order: 60,
visibleWhen: { field: "source_system", equals: "stripe" },
},
],
},
});
