import { api } from "@backfill-io/sdk";
import { get } from "../../lib/provider";

export const config = { auth: "api_key" };

/** Called with what an admin entered, before it is stored: 200 means that it works. */
export const POST = api(async (request) => {
  const apiKey: unknown = request.body?.api_key;
  if (typeof apiKey !== "string" || apiKey === "") return api.badRequest("Enter the API key");
  const response = get("/account", apiKey);
  if (response.status === 401 || response.status === 403) return api.badRequest("This API key is not accepted");
  if (!response.ok) return api.providerError("The account cannot be read", response);
  return api.json({ ok: true });
});
