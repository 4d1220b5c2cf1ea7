import { api } from "@backfill-io/sdk";
import type { StripeInvoice } from "../../lib/stripe";
import { syncPage } from "../../lib/sync";
import { toInvoice } from "../../lib/transforms";

export const config = { auth: "api_key" };

export const POST = api(async (request) =>
  syncPage(request, {
    stream: "invoices",
    path: "/invoices",
    documentType: "invoice",
    transform: (invoice: StripeInvoice, stripe) => toInvoice(invoice, stripe.invoiceLines(invoice)),
  }),
);
