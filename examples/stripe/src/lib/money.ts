/** Stripe counts money in a currency's smallest unit; the books want exact decimals. */

// https://docs.stripe.com/currencies: UGX and ISK have no minor unit, yet Stripe counts them in hundredths.
const WITHOUT_MINOR_UNIT = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "),
);
const IN_THOUSANDTHS = new Set("bhd jod kwd omr tnd".split(" "));

/** `1230` in `usd` is `"12.30"`, in `jpy` `"1230"`, in `kwd` `"1.230"`. */
export function money(minor: number, currency: string): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} is not an amount in minor units`);
  const places = decimalPlaces(currency.toLowerCase());
  const digits = String(Math.abs(minor)).padStart(places + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function decimalPlaces(currency: string): number {
  if (WITHOUT_MINOR_UNIT.has(currency)) return 0;
  return IN_THOUSANDTHS.has(currency) ? 3 : 2;
}
