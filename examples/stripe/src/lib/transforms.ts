/** From Stripe's objects to canonical records. */

import type { CustomerFields, DepositFields, InvoiceFields, InvoiceLine, PaymentFields } from "@backfill-io/sdk";
import { money } from "./money";
import type {
  StripeCharge,
  StripeCustomer,
  StripeInvoice,
  StripeInvoiceLine,
  StripePayout,
} from "./stripe";

export function toCustomer(customer: StripeCustomer): CustomerFields {
  return {
    customer_id: customer.id,
    name: customer.name || customer.email || customer.id,
    email: customer.email,
    phone: customer.phone,
    description: customer.description,
    currency: customer.currency?.toUpperCase(),
    balance: customer.currency ? money(customer.balance, customer.currency) : undefined,
    billing_address: customer.address,
    shipping_address: customer.shipping?.address,
    tax_exempt: customer.tax_exempt !== "none",
    created_at: dateTime(customer.created),
    metadata: customer.metadata,
  };
}

/** `lines`: all of the invoice's, which carries ten at most itself. */
export function toInvoice(invoice: StripeInvoice, lines: StripeInvoiceLine[]): InvoiceFields {
  const { currency, status_transitions: at } = invoice;
  return {
    invoice_id: invoice.id,
    document_number: invoice.number,
    customer_id: invoice.customer,
    subscription_id: invoice.subscription,
    status: invoice.status,
    currency: currency.toUpperCase(),
    subtotal: money(invoice.subtotal, currency),
    tax_amount: money(invoice.tax ?? 0, currency),
    total_amount: money(invoice.total, currency),
    amount_due: money(invoice.amount_due, currency),
    amount_paid: money(invoice.amount_paid, currency),
    balance: money(invoice.amount_remaining, currency),
    issued_at: dateTime(at.finalized_at ?? invoice.created),
    due_date: date(invoice.due_date),
    paid_at: dateTime(at.paid_at),
    voided_at: dateTime(at.voided_at),
    period_start: dateTime(invoice.period_start),
    period_end: dateTime(invoice.period_end),
    memo: invoice.description,
    url: invoice.hosted_invoice_url,
    billing_address: invoice.customer_address,
    metadata: invoice.metadata,
    line_items: lines.map(toLine),
  };
}

function toLine(line: StripeInvoiceLine, index: number): InvoiceLine {
  const { currency, price } = line;
  return {
    line_key: line.id,
    line_number: index + 1,
    description: line.description,
    item_code: price?.product,
    quantity: line.quantity === null ? null : String(line.quantity),
    unit_price: price?.unit_amount == null ? null : money(price.unit_amount, currency),
    amount: money(line.amount, currency),
    tax_amount: money(line.tax_amounts.reduce((sum, tax) => sum + tax.amount, 0), currency),
    currency: currency.toUpperCase(),
    period_start: dateTime(line.period.start),
    period_end: dateTime(line.period.end),
    metadata: line.metadata,
    stripe_tax_behavior: taxBehavior(line),
    stripe_balance_transaction_id: line.metadata["balance_transaction_id"],
    stripe_fee_amount: line.metadata["stripe_fee_amount"],
  };
}

function taxBehavior(line: StripeInvoiceLine): string {
  const behavior = line.metadata["stripe_tax_behavior"] || line.price?.tax_behavior;
  return behavior === "inclusive" || behavior === "exclusive" ? behavior : "unspecified";
}

const METHOD_TYPES: Record<string, PaymentFields["payment_method_type"]> = {
  card: "credit_card",
  us_bank_account: "ach",
  ach_debit: "ach",
  customer_balance: "wire",
};

export function toPayment(charge: StripeCharge): PaymentFields {
  const { currency, balance_transaction: settled, payment_method_details: method } = charge;
  // Fees are in the currency of settlement; beside an amount in another one they would read as that one's.
  const fees = settled?.currency === currency ? settled : null;
  return {
    payment_id: charge.id,
    charge_id: charge.id,
    amount: money(charge.amount, currency),
    currency: currency.toUpperCase(),
    status: charge.status,
    customer_id: charge.customer,
    invoice_id: charge.invoice,
    payment_method: charge.payment_method,
    payment_method_type: method && (METHOD_TYPES[method.type] ?? "other"),
    payment_method_details: method?.card && { brand: method.card.brand, last4: method.card.last4 },
    reference_number: charge.payment_intent,
    memo: charge.description,
    paid_at: dateTime(charge.created),
    refunded_amount: money(charge.amount_refunded, currency),
    failure_reason: charge.failure_message,
    balance_transaction_id: settled?.id,
    exchange_rate: settled?.exchange_rate == null ? undefined : String(settled.exchange_rate),
    fee_amount: fees && money(fees.fee, currency),
    net_amount: fees && money(fees.net, currency),
    fee_details: settled?.fee_details.map((fee) => ({
      type: fee.type,
      description: fee.description,
      amount: money(fee.amount, fee.currency),
      currency: fee.currency.toUpperCase(),
    })),
    metadata: charge.metadata,
  };
}

const DEPOSIT_STATUS = {
  paid: "deposited",
  pending: "pending",
  in_transit: "pending",
  canceled: "void",
  failed: "void",
} as const;

export function toDeposit(payout: StripePayout): DepositFields {
  return {
    deposit_id: payout.id,
    reference_number: payout.id,
    status: DEPOSIT_STATUS[payout.status],
    currency: payout.currency.toUpperCase(),
    total_amount: money(payout.amount, payout.currency),
    deposit_date: date(payout.arrival_date),
    memo: payout.description,
    metadata: payout.metadata,
  };
}

/** Unix seconds as RFC 3339. */
export function dateTime(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}

function date(seconds: number | null): string | null {
  return dateTime(seconds)?.slice(0, 10) ?? null;
}
