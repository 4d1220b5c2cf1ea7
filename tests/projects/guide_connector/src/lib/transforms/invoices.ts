import type { InvoiceFields } from "@backfill-io/sdk";

export function transformStripeInvoice(invoice: any): InvoiceFields {
  return {
    invoice_id: invoice.id,
    customer_id: invoice.customer,
    currency: invoice.currency.toUpperCase(),
    line_items: invoice.lines.data.map((line: any) => ({
      line_key: line.id,
      description: line.description,
      amount: (line.amount / 100).toFixed(2),
      metadata: line.metadata,
    })),
  };
}
