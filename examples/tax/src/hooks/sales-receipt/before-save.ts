import { Settings, type HookContext } from "@backfill-io/sdk";
import { withTax, type TaxedDocument, type TaxedFields } from "../../lib/tax";

export default async function beforeSave(ctx: HookContext<TaxedDocument>): Promise<TaxedFields | null> {
  return Settings.get<boolean>("enableTaxOnSalesReceipts") ? withTax(ctx.entity) : null;
}
