import type { InvoiceFields, PaymentFields } from "@backfill-io/sdk";

export function transformStripeInvoice(invoice: any): InvoiceFields {
  return {
    invoice_id: invoice.id,
    customer_id: invoice.customer,
    currency: invoice.currency.toUpperCase(),
    total_amount: (invoice.total / 100).toFixed(2),
    line_items: invoice.lines.data.map((line: any) => ({
      line_key: line.id,
      description: line.description,
      amount: (line.amount / 100).toFixed(2),
      currency: line.currency.toUpperCase(),
      metadata: line.metadata,
    })),
  };
}

export function transformPayment(event: any): PaymentFields {
  const charge = event.data.object;
  return {
    payment_id: charge.id,
    amount: (charge.amount / 100).toFixed(2),
    currency: charge.currency.toUpperCase(),
    status: charge.status,
    customer_id: charge.customer,
  };
}
