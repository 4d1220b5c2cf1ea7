import { api } from "@backfill-io/sdk";
import { syncPage } from "../../lib/sync";
import { toCustomer } from "../../lib/transforms";

export const config = { auth: "api_key" };

export const POST = api(async (request) =>
  syncPage(request, {
    stream: "customers",
    path: "/customers",
    documentType: "customer",
    transform: toCustomer,
  }),
);
