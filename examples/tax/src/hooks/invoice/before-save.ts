import { Settings, type HookContext, type InvoiceRecord } from "@backfill-io/sdk";
import { withTax } from "../../lib/tax";

export default async function beforeSave(ctx: HookContext<InvoiceRecord>): Promise<Partial<InvoiceRecord> | null> {
  return Settings.get<boolean>("enableTaxOnInvoices") ? withTax(ctx.entity) : null;
}
