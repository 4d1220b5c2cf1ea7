import { defineConnector } from "@backfill-io/sdk";

export default defineConnector({
  key: "{{name}}",
  name: "{{title}}",
  provider: "{{name}}",
  kind: "source",
  version: "0.1.0",
  purpose: "Brings customers into the books.",
  // What is not listed here is refused.
  permissions: {
    http: ["https://api.example.com/v1/*"],
    entities: { Customer: ["write"] },
    secrets: { api_key: ["read"] },
    secretHosts: { api_key: ["api.example.com"] },
  },
  connection: {
    testConnection: { route: "/setup/test_connection", method: "POST" },
    settingsSchema: {
      type: "object",
      required: ["api_key"],
      properties: {
        api_key: { type: "string", minLength: 1, title: "API key", "x-secret": true },
      },
    },
  },
  // Each poll stream has a POST route src/api/sync/<key>.ts.
  streams: [{ key: "customers", mode: "poll", schedule: "*/15 * * * *" }],
});
