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
  },
  connection: {
    testConnection: { route: "/setup/test_connection", method: "POST" },
    // The host owns the redirect, the callback, the tokens and their refresh.
    oauth: {
      type: "authorization_code",
      authorizationUrlTemplate: "https://accounts.example.com/oauth/authorize",
      tokenUrlTemplate: "https://accounts.example.com/oauth/token",
      scopes: ["customers.read"],
      pkce: true,
      client: { credentialKey: "{{name}}_app" },
      refresh: { enabled: true },
      postConnect: { route: "/setup/test_connection", method: "POST" },
    },
    settingsSchema: { type: "object", required: [], properties: {} },
  },
  // Each poll stream has a POST route src/api/sync/<key>.ts.
  streams: [{ key: "customers", mode: "poll", schedule: "*/15 * * * *" }],
});
