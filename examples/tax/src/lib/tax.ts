/** The tax of one document: where it is due, at which rate, and the line that charges it. */

import { NexusAddress, Settings, TaxRecord } from "@backfill-io/sdk";
import { percent, sum, text, units } from "./decimal";

/** The key of the line that this extension owns on every document it taxes. */
export const TAX_LINE = "tax";

interface Line {
  line_key: string;
  amount?: string | null;
  [field: string]: any;
}

/** What an invoice and a sales receipt have in common. */
export interface TaxedDocument {
  currency?: string | null;
  shipping_address?: any;
  billing_address?: any;
  tax_amount?: string | null;
  total_amount?: string | null;
  line_items?: Line[] | null;
}

export interface TaxedFields {
  subtotal: string;
  tax_amount: string;
  total_amount: string;
  line_items: Line[];
}

/**
 * The document with its tax line, for a before-save hook to merge; null where nothing changes.
 *
 * Tax is due where the company has an active nexus in the state that the document goes to. A document without an
 * address is sold at the counter, and taxed at the setting's rate.
 */
export function withTax(document: TaxedDocument): TaxedFields | null {
  const lines = (document.line_items ?? []).filter((line) => line.line_key !== TAX_LINE);
  const before = (document.line_items ?? []).find((line) => line.line_key === TAX_LINE);
  const rate = rateIn(stateOf(document));
  if (lines.length === 0 || (rate === null && !before)) return null;

  const taxable = sum(lines.map((line) => line.amount ?? "0"));
  const tax = rate === null ? 0n : percent(taxable, units(rate));
  const total = text(taxable + tax);
  const same = before && rate !== null && units(before.amount ?? "0") === tax && before.tax_rate === rate;
  if (same && document.total_amount && units(document.total_amount) === taxable + tax) return null;
  const taxLine: Line = {
    line_key: TAX_LINE,
    line_type: "tax",
    description: Settings.get<string>("taxLabel"),
    amount: text(tax),
    tax_rate: rate,
  };
  return {
    subtotal: text(taxable),
    tax_amount: text(tax),
    total_amount: total,
    line_items: rate === null ? lines : [...lines, taxLine],
  };
}

/** Keep account of a document's tax: one TaxRecord per document, as it was saved last. */
export function recordTax(
  documentType: "Invoice" | "SalesReceipt",
  documentId: string,
  document: TaxedDocument,
): void {
  const lines = document.line_items ?? [];
  const charged = lines.find((line) => line.line_key === TAX_LINE);
  const [known] = TaxRecord.query({ where: { documentType, documentId }, limit: 1 });
  if (!charged && !known) return;
  const taxable = charged ? sum(lines.filter((line) => line !== charged).map((line) => line.amount ?? "0")) : 0n;
  const tax = units(charged?.amount ?? "0");
  if (known && units(known.taxableAmount) === taxable && units(known.taxAmount) === tax) return;
  const now = {
    state: stateOf(document),
    currency: document.currency ?? null,
    rate: charged?.tax_rate ?? "0",
    taxableAmount: text(taxable),
    taxAmount: text(tax),
    status: "open",
  } as const;
  if (known) TaxRecord.update(known.id, now);
  else TaxRecord.create({ documentType, documentId, ...now });
}

function stateOf(document: TaxedDocument): string | null {
  const address = document.shipping_address ?? document.billing_address;
  return typeof address?.state === "string" ? address.state : null;
}

/** The rate in percent, as text; null where no tax is due. */
function rateIn(state: string | null): string | null {
  const standard = String(Settings.get<number>("taxRate"));
  if (state === null) return standard;
  const [nexus] = NexusAddress.query({ where: { state, status: "active", active: true }, limit: 1 });
  return nexus ? (nexus.rate ?? standard) : null;
}
