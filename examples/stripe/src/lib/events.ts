/** What each Stripe event says about the books: the records it emits. */

import type { CanonicalPayload, DocumentType } from "@backfill-io/sdk";
import type { Stripe, StripeCharge, StripeCustomer, StripeInvoice, StripePayout } from "./stripe";
import { toCustomer, toDeposit, toInvoice, toPayment } from "./transforms";

export interface StripeEvent<Item = any> {
  id: string;
  type: string;
  /** Unix seconds. */
  created: number;
  data: { object: Item };
}

/** One record to ingest, into one stream. */
export interface Emission {
  stream: string;
  documentType: DocumentType;
  sourceId: string;
  payload: CanonicalPayload<DocumentType>;
}

type Transform = (object: any, stripe: Stripe) => Emission[];

const customer = (object: StripeCustomer): Emission[] => [
  { stream: "customers", documentType: "customer", sourceId: object.id, payload: toCustomer(object) },
];

const invoice = (object: StripeInvoice, stripe: Stripe): Emission[] => [
  {
    stream: "invoices",
    documentType: "invoice",
    sourceId: object.id,
    payload: toInvoice(object, stripe.invoiceLines(object)),
  },
];

/** An event's charge does not hold its fees, so it is read again. */
const payment = (chargeId: string, stripe: Stripe): Emission[] => [
  { stream: "payments", documentType: "payment", sourceId: chargeId, payload: toPayment(stripe.charge(chargeId)) },
];

const charge = (object: StripeCharge, stripe: Stripe): Emission[] => payment(object.id, stripe);

/** The invoice, and the payment that settled it unless it was paid outside Stripe. */
const invoicePaid = (object: StripeInvoice, stripe: Stripe): Emission[] => [
  ...invoice(object, stripe),
  ...(object.charge === null ? [] : payment(object.charge, stripe)),
];

const payout = (object: StripePayout): Emission[] => [
  { stream: "payouts", documentType: "deposit", sourceId: object.id, payload: toDeposit(object) },
];

/** The events that this connector knows. */
export const EVENTS: ReadonlyMap<string, Transform> = new Map<string, Transform>([
  ["customer.created", customer],
  ["customer.updated", customer],
  ["invoice.created", invoice],
  ["invoice.finalized", invoice],
  ["invoice.updated", invoice],
  ["invoice.voided", invoice],
  ["invoice.marked_uncollectible", invoice],
  ["invoice.paid", invoicePaid],
  ["charge.succeeded", charge],
  ["charge.updated", charge],
  ["charge.refunded", charge],
  ["charge.failed", charge],
  ["payout.created", payout],
  ["payout.updated", payout],
  ["payout.paid", payout],
  ["payout.failed", payout],
  ["payout.canceled", payout],
]);
