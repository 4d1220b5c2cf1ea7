// src/fields/Invoice.ts
import { defineLineField } from "@backfill-io/sdk";
export const stripeBalanceTransactionId = defineLineField("line_items", {
key: "stripe_balance_transaction_id",
label: "Balance transaction",
type: "string",
});
export const stripeTaxBehavior = defineLineField("line_items", {
key: "stripe_tax_behavior",
label: "Stripe tax behavior",
type: "select",
options: ["inclusive", "exclusive", "unspecified"],
});
export const stripeFeeAmount = defineLineField("line_items", {
key: "stripe_fee_amount",
label: "Stripe fee",
type: "currency",
currencyField: "currency",
});
