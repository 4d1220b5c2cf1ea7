/** What `ingest` makes of a payload before anything is written: whose record it is, and what it holds. */

import { invalid, notValid } from "../errors";
import { LINES, type Contract, type ExtensionFields } from "./contract";
import { joined, takeApart, type Document } from "./document";
import { canonical, instantKey, isFields, numberText, plain, type Fields, type Value } from "./values";

const NEVER_IDS = ["undefined", "null", "NaN", "[object Object]"];
const MAX_TEXT = 1024;

/** Where a run's records come from: what the host knows of them without being told. */
export interface Origin {
  readonly sourceSystem: string;
  readonly connection: string | null;
}

/** One payload to ingest, understood. `digest` is equal for equal content. */
export interface Item {
  readonly contract: Contract;
  readonly sourceId: string;
  readonly document: Document;
  readonly digest: string;
  readonly stream: string;
  readonly key: string;
  readonly sourceUpdatedAt: string | null;
}

export interface IngestArguments {
  readonly payload: Value;
  readonly stream: Value;
  readonly idempotencyKey: Value;
  readonly sourceUpdatedAt?: Value | undefined;
  readonly sourceId?: Value | undefined;
}

/** Check one call. `partial`: what is required may be missing. Throws InvalidArgument for the options, ValidationError for the payload. */
export function understand(
  contract: Contract,
  fields: ExtensionFields,
  origin: Origin,
  { payload, stream, idempotencyKey, sourceUpdatedAt = null, sourceId = null }: IngestArguments,
  partial = false,
): Item {
  if (!isFields(payload)) throw invalid("the payload of an ingest is an object");
  const name = requiredText("stream", stream);
  const key = requiredText("idempotencyKey", idempotencyKey);
  const body = { ...payload };
  takeAlias(contract, body);
  const idField = `${contract.document_type}_id`;
  for (const field of ["source_id", idField, "id"]) {
    plain(body[field] ?? null, `${contract.document_type}.${field}`);
  }
  plain(sourceId, "sourceId");
  const found = sourceIdOf(contract.document_type, body, key, sourceId);
  delete body["source_id"];
  delete body["id"];
  if (idField in body && asId(body[idField] ?? null) === null) delete body[idField];
  checkProvenance(origin, body);
  const document = takeApart(contract, fields, body, `${contract.entity} ${found}`, { partial });
  const digest = canonical(joined(document.native, document.declared));
  return { contract, sourceId: found, document, digest, stream: name, key, sourceUpdatedAt: moment(sourceUpdatedAt) };
}

/** The provider's id of the record; a place that holds no usable id is passed over. Throws ValidationError naming
 * the places. */
export function sourceIdOf(documentType: string, payload: Fields, key: string, given: Value): string {
  const parts = key.split(":");
  const places: (readonly [string, Value | undefined])[] = [
    ["the option sourceId", given],
    ["source_id", payload["source_id"]],
    [`${documentType}_id`, payload[`${documentType}_id`]],
    ["id", payload["id"]],
    [
      `an idempotency key like provider:${documentType}:id`,
      parts.length === 3 && parts[1] === documentType ? parts[2] : null,
    ],
  ];
  for (const [, value] of places) {
    const found = asId(value ?? null);
    if (found !== null) return found;
  }
  const looked = places.map(([place]) => place).join(", ");
  throw notValid(`this ${documentType} has no source id (key ${key}); looked at ${looked}`);
}

/** A provider's id as text, or null for what is never one (empty, `undefined`, `[object Object]`, …). */
export function asId(value: Value): string | null {
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "string" || value.trim() === "" || NEVER_IDS.includes(value)) return null;
  return [...value].length > MAX_TEXT ? null : value;
}

/** A text argument that must be there. Throws InvalidArgument. */
export function requiredText(name: string, value: Value | undefined): string {
  if (typeof value !== "string" || value.trim() === "" || [...value].length > MAX_TEXT) {
    throw invalid(`${name} is a text of 1 to ${MAX_TEXT.toLocaleString("en")} characters`);
  }
  plain(value, name);
  return value;
}

function takeAlias(contract: Contract, body: Fields): void {
  const lines = body["lines"];
  if (!contract.line_fields || lines === undefined) return;
  delete body["lines"];
  if (lines === null) return;
  if ((body[LINES] ?? null) !== null) {
    throw notValid(`${contract.entity}: lines and ${LINES} are the same thing; send one of them`);
  }
  body[LINES] = lines;
}

function checkProvenance(origin: Origin, body: Fields): void {
  const known = [["source_system", origin.sourceSystem], ["connection_id", origin.connection]] as const;
  for (const [field, value] of known) {
    const given = body[field] ?? null;
    delete body[field];
    if (given !== null && given !== value) {
      throw notValid(`${field} is ${value === null ? "None" : `'${value}'`} here, set by the host; leave it out`);
    }
  }
}

function moment(value: Value): string | null {
  if (value === null) return null;
  try {
    return instantKey(value as string);
  } catch {
    throw invalid("sourceUpdatedAt is an ISO 8601 time such as 2026-01-31T12:00:00Z");
  }
}
