import type { HookContext, InvoiceRecord } from "@backfill-io/sdk";
import { recordTax } from "../../lib/tax";

export default async function afterSave(ctx: HookContext<InvoiceRecord>): Promise<void> {
  recordTax("Invoice", ctx.entity.id, ctx.entity);
}
