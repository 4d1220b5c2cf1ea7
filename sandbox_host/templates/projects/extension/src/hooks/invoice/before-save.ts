import { Log, type HookContext, type InvoiceRecord } from "@backfill-io/sdk";
import { dueDate } from "../../lib/due-date";

/** An invoice without a due date gets one. What is returned is merged into the invoice before it is stored. */
export default async function beforeSave(ctx: HookContext<InvoiceRecord>): Promise<Partial<InvoiceRecord> | null> {
  const from = ctx.entity.document_date ?? ctx.entity.issued_at;
  if (ctx.entity.due_date || !from) return null;
  const due_date = dueDate(from);
  Log.info("due_date_set", { due_date });
  return { due_date };
}
