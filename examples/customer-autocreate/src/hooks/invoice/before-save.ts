import { Customer, Log, type HookContext, type InvoiceRecord } from "@backfill-io/sdk";

/** An invoice that names a customer without being linked to one is linked before it is saved. */
export default async function beforeSave(ctx: HookContext<InvoiceRecord>): Promise<Partial<InvoiceRecord> | null> {
  const { customer_id, customer_name, billing_address } = ctx.entity;
  const name = customer_name?.trim();
  if (customer_id || !name) return null;

  const [known] = Customer.query({ where: { name }, limit: 1 });
  if (known) {
    Log.info("customer_linked", { customer: known.id });
    return { customer_id: known.id };
  }
  const created = Customer.create({ name, billing_address });
  Log.info("customer_created", { customer: created.id });
  return { customer_id: created.id };
}
