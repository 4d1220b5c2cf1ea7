import { defineEntity } from "@backfill-io/sdk";

/** The tax of one document, as it was last saved. */
export default defineEntity({
  name: "TaxRecord",
  fields: {
    documentType: { type: "enum", values: ["Invoice", "SalesReceipt"], required: true, index: true },
    documentId: { type: "string", required: true, index: true },
    state: { type: "string", index: true },
    currency: { type: "string" },
    rate: { type: "decimal", required: true },
    taxableAmount: { type: "decimal", required: true },
    taxAmount: { type: "decimal", required: true },
    // Open while there is something that the weekly report has not counted.
    status: { type: "enum", values: ["open", "reported"], default: "open", index: true },
    reportedTaxable: { type: "decimal" },
    reportedTax: { type: "decimal" },
  },
});
