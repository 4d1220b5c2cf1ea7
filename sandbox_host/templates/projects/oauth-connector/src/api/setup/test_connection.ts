import { api } from "@backfill-io/sdk";
import { accessToken, get } from "../../lib/provider";

export const config = { auth: "api_key" };

/** Called once the provider has been connected: says whose account it is. */
export const POST = api(async () => {
  const token = accessToken();
  if (token === null) return api.unauthorized("Connect this connection to its provider first");
  const response = get<{ id: string; name: string }>("/account", token);
  if (!response.ok) return api.providerError("The account cannot be read", response);
  return api.json({ ok: true, account: { id: response.body.id, name: response.body.name } });
});
