/** A payload taken apart by its contract: native fields to one side, declared ones to the other. */

import { notValid } from "../errors";
import { requireBalance } from "./balance";
import { LINES, fileOf, keep, type Contract, type ExtensionFields, type FieldSpec, type Specs } from "./contract";
import { instantKey, isFields, plain, type Fields, type Value } from "./values";

/** Declared values: of the record under "", of a line under its `line_key`. */
export type Declared = Readonly<Record<string, Fields>>;

export interface Document {
  readonly native: Fields;
  readonly declared: Declared;
}

/** Both sides together again, as the guest writes them. */
export function joined(native: Fields, declared: Declared): Fields {
  const whole: Fields = { ...native, ...declared[""] };
  const lines = native[LINES];
  if (Array.isArray(lines)) {
    whole[LINES] = (lines as Fields[]).map((line) => ({ ...line, ...declared[String(line["line_key"])] }));
  }
  return whole;
}

/** Check `payload` against the contract and the declared fields; null means absent. `name` is what messages call
 * the record; `onto` is what it holds already, which the payload is laid over. Throws ValidationError with the path
 * of the first problem. */
export function takeApart(
  contract: Contract,
  fields: ExtensionFields,
  payload: Fields,
  name: string,
  { onto, partial = false }: { readonly onto?: Document; readonly partial?: boolean } = {},
): Document {
  const native = without(onto?.native ?? {}, payload);
  const own = without(onto?.declared[""] ?? {}, payload);
  const declared: Record<string, Fields> = {};
  for (const [lineKey, values] of Object.entries(onto?.declared ?? {})) {
    if (lineKey !== "" && !(LINES in payload)) declared[lineKey] = values;
  }
  const ofRecord = fields.entity[contract.entity] ?? {};
  for (const [key, value] of Object.entries(payload)) {
    if (value === null || value === undefined) continue;
    plain(value, `${name}: ${key}`);
    if (key === LINES && contract.line_fields) continue;
    const spec = specOf(contract.fields, key);
    const extension = specOf(ofRecord, key);
    if (spec) native[key] = kept(spec, value, `${name}: ${key}`);
    else if (extension) own[key] = kept(extension, value, `${name}: ${key}`);
    else throw notValid(undeclared(`${name}: ${key}`, contract, contract.entity, fileOf(contract)));
  }
  const lines = payload[LINES];
  if (lines !== null && lines !== undefined && contract.line_fields) {
    native[LINES] = takeLines(contract, contract.line_fields, fields, lines, name, declared);
  }
  if (!partial) {
    requireFields(contract.fields, native, `${name}: `);
    const given = native[LINES];
    if (contract.lines_required && !(Array.isArray(given) && given.length > 0)) {
      throw notValid(`${name}: ${LINES} is required`);
    }
    requireCurrencies(ofRecord, own, native, {}, name);
    requireLineCurrencies(contract, fields, native, declared, name);
    if (contract.lines_balance) requireBalance(native, name);
  }
  if (Object.keys(own).length > 0) declared[""] = own;
  return { native, declared };
}

/** A record as a write would make it. `known`: what the host sets; `onto`: what it holds already. What is required may
 * be missing. Throws ValidationError. */
export function draftOf(
  contract: Contract,
  fields: ExtensionFields,
  body: Fields,
  known: Fields,
  onto?: Document,
): Fields {
  const name = `${contract.entity} ${String(known["source_id"] ?? "(new)")}`;
  const { native, declared } = takeApart(contract, fields, body, name, { ...(onto && { onto }), partial: true });
  return { ...known, ...joined(withDefaults(contract, native), declared) };
}

function takeLines(
  contract: Contract,
  specs: Specs,
  fields: ExtensionFields,
  lines: Value,
  name: string,
  declared: Record<string, Fields>,
): Value[] {
  if (!Array.isArray(lines)) throw notValid(`${name}: ${LINES} is a list of lines`);
  const ofLine = fields.line[contract.entity] ?? {};
  const seen = new Set<string>();
  return lines.map((line, index) => {
    const path = `${name}: ${LINES}[${index}]`;
    if (!isFields(line)) throw notValid(`${path} is not an object`);
    const native: Fields = {};
    const own: Fields = {};
    for (const [key, value] of Object.entries(line)) {
      if (value === null || value === undefined) continue;
      const spec = specOf(specs, key);
      const extension = specOf(ofLine, key);
      if (spec) native[key] = kept(spec, value, `${path}.${key}`);
      else if (extension) own[key] = kept(extension, value, `${path}.${key}`);
      else {
        const place = `defineLineField("${LINES}", …) in ${fileOf(contract)}`;
        throw notValid(undeclared(`${path}.${key}`, contract, `a line of ${contract.entity}`, place));
      }
    }
    const lineKey = native["line_key"];
    if (typeof lineKey !== "string") {
      throw notValid(`${path} has no line_key; give every line a key that stays the same`);
    }
    if (seen.has(lineKey)) throw notValid(`${path}: line_key "${lineKey}" is on another line too`);
    seen.add(lineKey);
    requireFields(specs, native, `${path}.`);
    if (Object.keys(own).length > 0) declared[lineKey] = own;
    return native;
  });
}

function specOf(specs: Specs, key: string): FieldSpec | undefined {
  return Object.hasOwn(specs, key) ? specs[key] : undefined;
}

function kept(spec: FieldSpec, value: Value, path: string): Value {
  try {
    return keep(spec, value, path);
  } catch (problem) {
    throw notValid((problem as Error).message);
  }
}

function without(values: Fields, taken: Fields): Fields {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !(key in taken)));
}

function undeclared(path: string, contract: Contract, holder: string, place: string): string {
  const metadata = "metadata" in contract.fields && !contract.custom ? "put it under metadata, or " : "";
  return `${path} is not a field of ${holder}; ${metadata}declare it in ${place}`;
}

function requireFields(specs: Specs, values: Fields, prefix: string): void {
  for (const [key, spec] of Object.entries(specs)) {
    if (spec.required && !Object.hasOwn(values, key)) throw notValid(`${prefix}${key} is required`);
  }
}

function requireCurrencies(specs: Specs, values: Fields, document: Fields, line: Fields, name: string): void {
  for (const key of Object.keys(values)) {
    const currency = specs[key]?.currency_field;
    if (currency && !(currency in line) && !(currency in document) && !(currency in values)) {
      throw notValid(
        `${name}: ${key} is an amount in the currency of "${currency}", which neither the line nor the document has`,
      );
    }
  }
}

function requireLineCurrencies(
  contract: Contract,
  fields: ExtensionFields,
  native: Fields,
  declared: Declared,
  name: string,
): void {
  const lines = native[LINES];
  const specs = fields.line[contract.entity];
  if (specs === undefined || !Array.isArray(lines)) return;
  (lines as Fields[]).forEach((line, index) => {
    const values = declared[String(line["line_key"])] ?? {};
    requireCurrencies(specs, values, native, line, `${name}: ${LINES}[${index}]`);
  });
}

/** An absent field that has a `default_from` shows that one's value, or its day. */
export function withDefaults(contract: Contract, native: Fields): Fields {
  const shown = { ...native };
  for (const [name, spec] of Object.entries(contract.fields)) {
    const from = spec.default_from;
    const value = from ? shown[from] : undefined;
    if (!from || name in shown || value === undefined || value === null) continue;
    const isDay = spec.type === "date" && contract.fields[from]?.type === "datetime";
    shown[name] = isDay ? instantKey(String(value)).slice(0, 10) : value;
  }
  return shown;
}
