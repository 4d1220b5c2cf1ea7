import { defineEntity } from "@backfill-io/sdk";

/** A place of business that makes the company charge tax in its state. */
export default defineEntity({
  name: "NexusAddress",
  fields: {
    nexusName: { type: "string", required: true },
    street: { type: "string", required: true },
    city: { type: "string", required: true },
    state: { type: "string", required: true, index: true },
    postalCode: { type: "string", required: true },
    country: { type: "string", default: "US" },
    active: { type: "boolean", default: true, index: true },
    startsOn: { type: "date" },
    status: { type: "enum", values: ["draft", "active", "archived"], default: "draft", index: true },
    customerId: { type: "reference", entity: "Customer", index: true },
    // Percent; where there is none, the setting taxRate.
    rate: { type: "decimal" },
  },
});
