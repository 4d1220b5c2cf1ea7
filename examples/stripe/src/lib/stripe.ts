/** Stripe's API, as far as this connector reads it. */

import { Http, type HttpResponse } from "@backfill-io/sdk";

const API = "https://api.stripe.com/v1";
const VERSION = "2024-06-20";

/** A page of a Stripe list, newest first. */
export interface StripeList<Item> {
  data: Item[];
  has_more: boolean;
}

export interface StripeCustomer {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  description: string | null;
  currency: string | null;
  balance: number;
  address: Record<string, string | null> | null;
  shipping: { address: Record<string, string | null> } | null;
  tax_exempt: "none" | "exempt" | "reverse";
  created: number;
  metadata: Record<string, string>;
}

export interface StripeInvoiceLine {
  id: string;
  amount: number;
  currency: string;
  description: string | null;
  quantity: number | null;
  period: { start: number; end: number };
  price: { product: string; unit_amount: number | null; tax_behavior: string | null } | null;
  tax_amounts: { amount: number }[];
  metadata: Record<string, string>;
}

export interface StripeInvoice {
  id: string;
  number: string | null;
  customer: string;
  subscription: string | null;
  charge: string | null;
  status: string;
  currency: string;
  subtotal: number;
  tax: number | null;
  total: number;
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  created: number;
  due_date: number | null;
  period_start: number;
  period_end: number;
  status_transitions: { finalized_at: number | null; paid_at: number | null; voided_at: number | null };
  description: string | null;
  hosted_invoice_url: string | null;
  customer_address: Record<string, string | null> | null;
  metadata: Record<string, string>;
  lines: StripeList<StripeInvoiceLine>;
}

export interface StripeBalanceTransaction {
  id: string;
  currency: string;
  fee: number;
  net: number;
  exchange_rate: number | null;
  fee_details: { amount: number; currency: string; type: string; description: string | null }[];
}

export interface StripeCharge {
  id: string;
  amount: number;
  amount_refunded: number;
  currency: string;
  status: string;
  customer: string | null;
  invoice: string | null;
  payment_intent: string | null;
  payment_method: string | null;
  payment_method_details: { type: string; card?: { brand: string; last4: string } } | null;
  balance_transaction: StripeBalanceTransaction | null;
  description: string | null;
  failure_message: string | null;
  created: number;
  metadata: Record<string, string>;
}

export interface StripePayout {
  id: string;
  amount: number;
  currency: string;
  status: "paid" | "pending" | "in_transit" | "canceled" | "failed";
  arrival_date: number;
  created: number;
  description: string | null;
  metadata: Record<string, string>;
}

export type StripeQuery = Record<string, string | number | null | undefined>;

/** What Stripe answered instead of what was asked for. A route hands it to `api.providerError`. */
export class StripeError extends Error {
  override name = "StripeError";

  constructor(readonly response: HttpResponse) {
    super(response.body?.error?.message ?? `Stripe answered ${response.status}`);
  }
}

/** A client that sends `apiKey` with every request and throws StripeError for anything but 2xx. */
export class Stripe {
  constructor(private readonly apiKey: string) {}

  get<Body>(path: string, query: StripeQuery = {}): Body {
    const response = Http.get<Body>(API + path + queryString(query), {
      auth: { bearer: this.apiKey },
      headers: { "Stripe-Version": VERSION },
      timeout: 10_000,
    });
    if (!response.ok) throw new StripeError(response);
    return response.body;
  }

  /** A charge with its balance transaction, where Stripe keeps the fees. */
  charge(id: string): StripeCharge {
    return this.get(`/charges/${id}`, { "expand[]": "balance_transaction" });
  }

  /** All lines of an invoice; the invoice itself carries the first ten only. */
  invoiceLines(invoice: StripeInvoice): StripeInvoiceLine[] {
    const lines = [...invoice.lines.data];
    let more = invoice.lines.has_more;
    while (more) {
      const page: StripeList<StripeInvoiceLine> = this.get(`/invoices/${invoice.id}/lines`, {
        limit: 100,
        starting_after: lines.at(-1)?.id,
      });
      lines.push(...page.data);
      more = page.has_more && page.data.length > 0;
    }
    return lines;
  }
}

function queryString(query: StripeQuery): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
