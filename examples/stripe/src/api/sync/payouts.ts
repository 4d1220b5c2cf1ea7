import { api } from "@backfill-io/sdk";
import { syncPage } from "../../lib/sync";
import { toDeposit } from "../../lib/transforms";

export const config = { auth: "api_key" };

export const POST = api(async (request) =>
  syncPage(request, {
    stream: "payouts",
    path: "/payouts",
    documentType: "deposit",
    transform: toDeposit,
  }),
);
