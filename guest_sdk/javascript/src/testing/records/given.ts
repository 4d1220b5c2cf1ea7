/** What a caller gives for a record: whose it is, and what it is to hold. */

import { invalid, notValid } from "../errors";
import type { Action, Contract } from "./contract";
import { asId, type Origin } from "./ingest";
import { SYSTEM_TYPES } from "./row";
import { isFields, type Fields, type Value } from "./values";

/** Who makes a test's calls. */
export const ACTOR = "user:test";
const BY_HAND = ["manual", "csv_upload"];

/** What `create` is given, taken apart: the source system, the source id if there is one, and the fields. */
export function identityIn(origin: Origin, attrs: Fields): readonly [string, string | null, Fields] {
  const body = { ...attrs };
  const sourceSystem = body["source_system"] || origin.sourceSystem;
  if (![origin.sourceSystem, ...BY_HAND].includes(sourceSystem as string)) {
    throw notValid(
      `source_system is '${origin.sourceSystem}' or one of ${BY_HAND.join(", ")}, not '${String(sourceSystem)}'`,
    );
  }
  if ((body["connection_id"] ?? null) !== null && body["connection_id"] !== origin.connection) {
    throw notValid("connection_id is set by the host; leave it out");
  }
  const given = body["source_id"] ?? null;
  const sourceId = asId(given);
  if (given !== null && sourceId === null) throw notValid(`source_id: '${String(given)}' is not an id`);
  for (const name of ["source_system", "connection_id", "source_id"]) delete body[name];
  for (const name of Object.keys(SYSTEM_TYPES)) {
    if ((body[name] ?? null) !== null) throw notValid(`${name} is set by the host; leave it out`);
    delete body[name];
  }
  return [String(sourceSystem), sourceId, body];
}

/** What a create writes: an absent field that has a default takes it. */
export function withInitial(contract: Contract, body: Fields): Fields {
  const absent = Object.entries(contract.fields).filter(([name]) => (body[name] ?? null) === null);
  const initial = absent.flatMap(([name, { default: value }]) =>
    value === undefined || value === null ? [] : [[name, structuredClone(value)] as const],
  );
  return { ...body, ...Object.fromEntries(initial) };
}

/** The time and the author of an action, where it leaves them on the record. */
export function marks(contract: Contract, action: Action): Fields {
  const moment = `${now().slice(0, -3)}Z`;
  const stamps = (action.stamp ?? []).map((name) => [
    name,
    contract.fields[name]?.type === "date" ? moment.slice(0, 10) : moment,
  ]);
  return Object.fromEntries([...stamps, ...(action.sign ?? []).map((name) => [name, ACTOR])]) as Fields;
}

/** An argument that must be an object. Throws InvalidArgument. */
export function object(name: string, value: Value): Fields {
  if (!isFields(value)) throw invalid(`${name} is an object`);
  return value;
}

/** The time, as rows keep it. */
export function now(): string {
  return `${new Date().toISOString().slice(0, -1)}000`;
}
