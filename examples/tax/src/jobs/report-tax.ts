import { Log, TaxRecord } from "@backfill-io/sdk";
import { text, units } from "../lib/decimal";
import { totals } from "../lib/totals";

export const schedule = "0 6 * * 1";
export const timezone = "America/New_York";
export const retry = 3;

const PAGE = 500;

/**
 * Every Monday: what became due since the last report, by state. Each record then says how much of it was counted.
 *
 * A job's writes stay when it fails later. It counts what has not been counted yet, so a run that is tried again
 * counts nothing twice, and a document that changed after a report counts by the difference.
 */
export async function run() {
  const open = TaxRecord.query({
    where: { status: "open" },
    orderBy: [{ field: "_created_at", direction: "asc" }],
    limit: PAGE,
  });
  const due = open.map((record) => ({
    state: record.state,
    currency: record.currency,
    taxableAmount: text(units(record.taxableAmount) - units(record.reportedTaxable ?? "0")),
    taxAmount: text(units(record.taxAmount) - units(record.reportedTax ?? "0")),
  }));
  const found = totals(due);
  for (const total of found) Log.info("tax_due", total);
  for (const { id, taxableAmount, taxAmount } of open) {
    TaxRecord.update(id, { status: "reported", reportedTaxable: taxableAmount, reportedTax: taxAmount });
  }
  return { documents: open.length, more: open.length === PAGE, totals: found };
}
