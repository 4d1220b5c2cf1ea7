import { api } from "@backfill-io/sdk";
import { syncPage } from "../../lib/sync";
import { toPayment } from "../../lib/transforms";

export const config = { auth: "api_key" };

export const POST = api(async (request) =>
  syncPage(request, {
    stream: "payments",
    path: "/charges",
    documentType: "payment",
    query: { "expand[]": "data.balance_transaction" },
    transform: toPayment,
  }),
);
