/** Double entry: the debits of a journal entry equal its credits. See sandbox_host/records/balance.py. */

import { notValid } from "../errors";
import { LINES } from "./contract";
import { numberText, type Fields, type Value } from "./values";

/** An exact sum of decimals: its value times ten to the power of its digits after the point. */
interface Sum {
  readonly value: bigint;
  readonly digits: number;
}

const NOTHING: Sum = { value: 0n, digits: 0 };

/** Throws ValidationError naming the record and both sums. */
export function requireBalance(native: Fields, name: string): void {
  const lines = native[LINES];
  let [debits, credits] = [NOTHING, NOTHING];
  const currencies = new Set<string>();
  for (const line of Array.isArray(lines) ? (lines as Fields[]) : []) {
    const [debit, credit] = sidesOf(line);
    [debits, credits] = [plus(debits, debit), plus(credits, credit)];
    if (debit.value !== 0n || credit.value !== 0n) {
      currencies.add(String(line["currency"] || (native["currency"] ?? "None")).toUpperCase());
    }
  }
  if (currencies.size > 1 || plus(debits, negative(credits)).value === 0n) return;
  throw notValid(
    `${name}: debits of ${textOf(debits)} and credits of ${textOf(credits)} do not balance; the lines of a journal entry` +
      " add up to the same on both sides",
  );
}

/** The debit and the credit of a line. */
function sidesOf(line: Fields): [Sum, Sum] {
  if ("debit" in line || "credit" in line) return [numberOf(line["debit"]), numberOf(line["credit"])];
  const amount = numberOf(line["amount"]);
  const side = line["side"] ?? null;
  if (side === null) return amount.value < 0n ? [NOTHING, negative(amount)] : [amount, NOTHING];
  return side === "debit" ? [amount, NOTHING] : [NOTHING, amount];
}

function numberOf(value: Value | undefined): Sum {
  const text = typeof value === "number" ? numberText(value) : String(value ?? "0");
  const [whole = "", fraction = ""] = text.split(".");
  return { value: BigInt(whole + fraction), digits: fraction.length };
}

function plus(a: Sum, b: Sum): Sum {
  const digits = Math.max(a.digits, b.digits);
  const scaled = (sum: Sum): bigint => sum.value * 10n ** BigInt(digits - sum.digits);
  return { value: scaled(a) + scaled(b), digits };
}

const negative = ({ value, digits }: Sum): Sum => ({ value: -value, digits });

function textOf({ value, digits }: Sum): string {
  const sign = value < 0n ? "-" : "";
  const text = String(value < 0n ? -value : value).padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
