import { Secrets, api } from "@backfill-io/sdk";
import { Stripe, StripeError } from "../../lib/stripe";

export const config = { auth: "api_key" };

export const POST = api(async (request) => {
  const apiKey: string | null = request.body?.api_key ?? Secrets.get("api_key");
  if (!apiKey) return api.badRequest("Enter the secret API key of a Stripe account");
  try {
    const balance = new Stripe(apiKey).get<{ livemode: boolean }>("/balance");
    return api.json({ ok: true, livemode: balance.livemode });
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    const { status } = error.response;
    if (status === 401 || status === 403) return api.badRequest("Stripe does not accept this API key", { status });
    return api.providerError(error.message, error.response);
  }
});
