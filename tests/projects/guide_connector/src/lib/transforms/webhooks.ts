import type { PaymentFields } from "@backfill-io/sdk";

export function transformPayment(event: any): PaymentFields {
  const charge = event.data.object;
  return {
    payment_id: charge.id,
    customer_id: charge.customer,
    amount: (charge.amount / 100).toFixed(2),
    currency: charge.currency.toUpperCase(),
    status: charge.status,
  };
}
