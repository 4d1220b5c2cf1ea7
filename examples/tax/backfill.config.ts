import { defineExtension } from "@backfill-io/sdk";

export default defineExtension({
  key: "backfill-extension-tax-calcs",
  name: "Tax calculations",
  version: "1.1.0",
  purpose: "Adds a sales tax line to invoices and sales receipts, and keeps account of the tax that was charged.",
  permissions: {
    entities: {
      Invoice: ["read", "write"],
      SalesReceipt: ["read", "write"],
      NexusAddress: ["read", "write"],
      TaxRecord: ["read", "write"],
    },
  },
  pages: [
    {
      id: "nexus-addresses",
      title: "Nexus addresses",
      path: "nexus-addresses",
      kind: "list",
      render: "src/pages/nexus-addresses.tsx",
      nav: { label: "Nexus addresses", section: "Tax", order: 10 },
    },
    {
      id: "nexus-address-form",
      title: "Nexus address",
      path: "nexus-address-form",
      kind: "page",
      render: "src/pages/nexus-address-form.tsx",
    },
  ],
  ui: {
    actions: [
      {
        id: "save-nexus-address",
        label: "Save",
        page: "nexus-address-form",
        run: "src/pages/actions/save-nexus-address.ts",
      },
    ],
  },
  // Defaults of the settings. The rate is in percent, and holds where an address has none of its own.
  config: {
    taxRate: 8.25,
    taxLabel: "Sales tax",
    enableTaxOnInvoices: true,
    enableTaxOnSalesReceipts: true,
  },
});
