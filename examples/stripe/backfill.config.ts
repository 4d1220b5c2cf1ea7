import { defineConnector } from "@backfill-io/sdk";

export default defineConnector({
  key: "stripe",
  name: "Stripe",
  provider: "stripe",
  kind: "source",
  version: "1.0.0",
  purpose: "Brings customers, invoices, payments and payouts from Stripe into the books.",
  permissions: {
    http: ["https://api.stripe.com/v1/*"],
    entities: {
      Customer: ["write"],
      Invoice: ["write"],
      Payment: ["write"],
      Deposit: ["write"],
    },
    secrets: { api_key: ["read"], webhook_secret: ["read"] },
    secretHosts: { api_key: ["api.stripe.com"] },
  },
  connection: {
    testConnection: { route: "/setup/test_connection", method: "POST" },
    setup: {
      webhookUrlTemplate:
        "/api/v1/extensions/<tenant_id>/stripe/routes/webhooks/stripe?connection_id=<connection_id>",
      instructions:
        "In Stripe, add a webhook endpoint with the URL above for customer, invoice, charge and payout events, " +
        "then paste its signing secret here.",
    },
    settingsSchema: {
      type: "object",
      required: ["api_key"],
      properties: {
        api_key: {
          type: "string",
          minLength: 1,
          title: "Secret API key",
          "x-secret": true,
          "x-placeholder": "sk_live_... or rk_live_...",
        },
        webhook_secret: {
          type: "string",
          minLength: 1,
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
    { key: "payouts", mode: "poll", schedule: "0 * * * *" },
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
