import { text, units } from "./decimal";

/** A taxed document, as far as its totals go. */
interface Taxed {
  state?: string | null;
  currency?: string | null;
  taxableAmount: string;
  taxAmount: string;
}

export interface Total {
  state: string | null;
  currency: string | null;
  documents: number;
  taxableAmount: string;
  taxAmount: string;
}

/** Totals by state and currency, in the order of both. */
export function totals(records: readonly Taxed[]): Total[] {
  const found = new Map<string, { first: Taxed; documents: number; taxable: bigint; tax: bigint }>();
  for (const record of records) {
    const key = `${record.state ?? ""} ${record.currency ?? ""}`;
    const total = found.get(key) ?? { first: record, documents: 0, taxable: 0n, tax: 0n };
    total.documents += 1;
    total.taxable += units(record.taxableAmount);
    total.tax += units(record.taxAmount);
    found.set(key, total);
  }
  const keys = [...found.keys()].sort();
  return keys.map((key) => {
    const { first, documents, taxable, tax } = found.get(key)!;
    return {
      state: first.state ?? null,
      currency: first.currency ?? null,
      documents,
      taxableAmount: text(taxable),
      taxAmount: text(tax),
    };
  });
}
