/** Exact decimals: text outside, whole hundred-millionths inside. Binary fractions lose cents. */

const PLACES = 8;
const ONE = 10n ** BigInt(PLACES);
const CENT = ONE / 100n;

/** `"12.30"` or `12.3` as whole hundred-millionths. */
export function units(amount: string | number): bigint {
  const [, sign, whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(amount)) ?? [];
  if (sign === undefined) throw new Error(`${amount} is not a decimal`);
  const size = BigInt(whole) * ONE + BigInt(fraction.slice(0, PLACES).padEnd(PLACES, "0"));
  return sign === "-" ? -size : size;
}

/** Back to text, with two places or as many more as it has. */
export function text(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  const fraction = String(size % ONE).padStart(PLACES, "0").replace(/0{1,6}$/, "");
  return `${amount < 0n ? "-" : ""}${size / ONE}.${fraction}`;
}

export function sum(amounts: readonly (string | number)[]): bigint {
  return amounts.reduce((total, amount) => total + units(amount), 0n);
}

/** `rate` percent of `amount`, rounded to the cent, halves away from zero. */
export function percent(amount: bigint, rate: bigint): bigint {
  const exact = amount * rate;
  const cents = 100n * ONE * CENT;
  const half = exact < 0n ? -cents / 2n : cents / 2n;
  return ((exact + half) / cents) * CENT;
}
