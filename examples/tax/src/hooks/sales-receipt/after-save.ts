import type { HookContext } from "@backfill-io/sdk";
import { recordTax, type TaxedDocument } from "../../lib/tax";

export default async function afterSave(ctx: HookContext<TaxedDocument & { id: string }>): Promise<void> {
  recordTax("SalesReceipt", ctx.entity.id, ctx.entity);
}
