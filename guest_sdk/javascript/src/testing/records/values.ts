/** The types that a field may have: what each accepts, how it is kept, and how it sorts. As in the host's records. */

import { notValid } from "../errors";

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Fields = Record<string, Value>;

const MAX_DEPTH = 64;
const DECIMAL = /^-?\d{1,30}(\.\d{1,30})?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATETIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** Half a surrogate pair, which is no character. */
export const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const EXPONENT_BIAS = 5000;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Refuse, with its path, text that is half a surrogate pair and nesting deeper than 64. Numbers were checked by
 * the prelude. */
export function plain(value: Value, path: string, depth = 0): void {
  if (typeof value === "string") {
    if (HALF.test(value)) throw notValid(`${path}: the text holds half a surrogate pair; send well-formed Unicode`);
  } else if (typeof value === "object" && value !== null) {
    if (depth >= MAX_DEPTH) throw notValid(`${path}: nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) value.forEach((item, index) => plain(item, `${path}[${index}]`, depth + 1));
    else {
      for (const [key, item] of Object.entries(value)) {
        plain(key, path);
        plain(item, path === "" ? key : `${path}.${key}`, depth + 1);
      }
    }
  }
}

/** A number as decimal text, without exponent: 1e-7 → "0.0000001". */
export function numberText(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return Object.is(value, -0) ? "0" : text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}

/** A value as an error message may quote it: short. */
export function shown(value: Value): string {
  const text = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** ISO 8601 as UTC with microseconds, one width; a time without offset is UTC. Throws RangeError. */
export function instantKey(text: string): string {
  const parts = DATETIME.exec(text);
  const [, day = "", hour = "00", minute = "00", second = "00", fraction = "", offset = "Z"] = parts ?? [];
  if (parts === null || !isDay(day) || +hour > 23 || +minute > 59 || +second > 59) throw new RangeError(text);
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? [];
  if (+hours > 23 || +minutes > 59) throw new RangeError(text);
  const shift = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? 1 : -1);
  const moment = Date.parse(`${day}T${hour}:${minute}:${second}Z`) + shift * 60_000;
  return `${new Date(moment).toISOString().slice(0, 19)}.${fraction.padEnd(6, "0").slice(0, 6)}`;
}

function isDay(text: string): boolean {
  const moment = Date.parse(`${text}T00:00:00Z`);
  return DATE.test(text) && moment === moment && new Date(moment).toISOString().startsWith(text);
}

const isNumber = (value: Value): value is number => typeof value === "number";
const text = (value: Value): Value => (typeof value === "string" ? value : null);
const id = (value: Value): Value => (isNumber(value) ? numberText(value) : text(value) || null);

function decimal(value: Value): Value {
  const written = isNumber(value) ? numberText(value) : value;
  return typeof written === "string" && DECIMAL.test(written) ? written : null;
}

const TYPES: Record<string, readonly [(value: Value) => Value, string]> = {
  string: [text, "text"],
  text: [text, "text"],
  select: [text, "one of its options"],
  enum: [text, "one of its values"],
  id: [id, "an id: text that is not empty, or a number"],
  reference: [id, "the id of a record: text that is not empty, or a number"],
  decimal: [decimal, 'a decimal such as "12.30"'],
  currency: [decimal, 'an amount of money such as "12.30"'],
  number: [(value) => (isNumber(value) ? value : null), "a number"],
  integer: [(value) => (isNumber(value) && Number.isInteger(value) ? value : null), "a whole number"],
  boolean: [(value) => (typeof value === "boolean" ? value : null), "true or false"],
  date: [(value) => (typeof value === "string" && isDay(value) ? value : null), "a date such as 2026-01-31"],
  datetime: [
    (value) => (typeof value === "string" && instantKey(value) ? value : null),
    "an ISO 8601 time such as 2026-01-31T12:00:00Z",
  ],
  currency_code: [
    (value) => (typeof value === "string" && /^[A-Za-z]{3}$/.test(value) ? value : null),
    "an ISO 4217 code such as USD",
  ],
  list: [(value) => (Array.isArray(value) ? value : null), "a list"],
  map: [(value) => (isFields(value) ? value : null), "an object"],
  json: [(value) => value, "JSON"],
};

/** `value`, which is not null, as a field of type `kind` keeps it. Throws RangeError that says what is wanted. */
export function conform(kind: string, value: Value, options: readonly string[] = []): Value {
  const [check, wanted] = TYPES[kind] ?? [(): Value => null, "of a type that exists"];
  let kept: Value;
  try {
    kept = check(value);
  } catch {
    kept = null;
  }
  if (kept === null) throw new RangeError(`${shown(value)} is not ${wanted} (${kind})`);
  if (options.length > 0 && !options.includes(kept as string)) {
    throw new RangeError(`${shown(value)} is not one of ${options.join(", ")} (${kind})`);
  }
  return kept;
}

/** Text that sorts, by code points, as the value does. `value` has been through `conform`. */
export function orderKey(kind: string, value: Value): string {
  if (["decimal", "currency", "number", "integer"].includes(kind)) {
    return numberKey(isNumber(value) ? numberText(value) : String(value));
  }
  if (kind === "datetime") return instantKey(String(value));
  if (kind === "boolean") return value === true ? "1" : "0";
  return String(value);
}

function numberKey(number: string): string {
  const negative = number.startsWith("-");
  const [whole = "", fraction = ""] = number.replace("-", "").split(".");
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first === -1) return "1";
  const exponent = whole.length - first - 1;
  const magnitude = String(exponent + EXPONENT_BIAS).padStart(4, "0") + all.slice(first).replace(/0+$/, "");
  return negative ? `0${magnitude.replace(/\d/g, (digit) => String(9 - Number(digit)))}~` : `1${magnitude}`;
}

/** -1, 0 or 1, by code points, as the database compares. */
export function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" || typeof b === "number") return Number(a > b) - Number(a < b);
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i] as string).codePointAt(0)! - (right[i] as string).codePointAt(0)!;
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(left.length - right.length);
}

/** JSON with sorted keys: equal for equal content. */
export function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isFields(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Value)}`);
  return `{${members.join(",")}}`;
}
