/** The records of a test: what its handlers read and write, in memory, by the host's rules. */

import { Refused, invalid, notValid } from "../errors";
import { refusal, type Action, type Contract, type Contracts, type ExtensionFields } from "./contract";
import { joined, takeApart, type Document } from "./document";
import { asId, requiredText, understand, type IngestArguments, type Item, type Origin } from "./ingest";
import { Query, readInclude } from "./query";
import { SYSTEM_TYPES, asGuestSees, identityOf, identityText, systemFields, type Identity, type Row } from "./row";
import { instantKey, isFields, plain, type Fields, type Value } from "./values";

interface IngestKey {
  readonly documentType: string;
  readonly sourceId: string;
  readonly digest: string;
}

/** One write, as the sandbox reports it. */
export interface Write {
  readonly kind: "entity" | "ingest" | "secret" | "checkpoint" | "http";
  readonly action: string;
  readonly entity: string | null;
  readonly id: string;
  readonly data: Value;
}

export type IngestOutcome = {
  status: "created" | "updated" | "duplicate";
  id: string;
  documentType: string;
  sourceId: string;
  version: number;
  idempotencyKey: string;
  reason?: "stale";
};

/** Who makes a test's calls. */
const ACTOR = "user:test";
const BY_HAND = ["manual", "csv_upload"];

export class Records {
  /** Every write so far, also of calls that failed later. */
  readonly writes: Write[] = [];
  private rows = new Map<string, Row>();
  private identities = new Map<string, string>();
  private keys = new Map<string, IngestKey>();
  private checkpoints = new Map<string, Fields>();
  private made = 0;

  constructor(
    private readonly contracts: Contracts,
    private readonly fields: ExtensionFields,
    private readonly origin: Origin,
  ) {}

  /** A function that takes back everything written from here on. */
  savepoint(): () => void {
    const { rows, identities, keys, checkpoints } = this;
    const copies = [new Map(rows), new Map(identities), new Map(keys), new Map(checkpoints)] as const;
    return () => {
      [this.rows, this.identities, this.keys, this.checkpoints] = copies;
    };
  }

  get(entity: string, id: Value, include: readonly string[]): Fields | null {
    const contract = this.contracts.of(entity);
    const related = readInclude(contract, include);
    const row = this.rows.get(requiredText("id", id));
    if (row === undefined || row.deleted || row.entity !== entity) return null;
    return this.shown(contract, row, related);
  }

  query(entity: string, where: Value, orderBy: Value, limit: Value, offset: Value, include: readonly string[]): Fields[] {
    const query = new Query(this.contracts.of(entity), where, orderBy, limit, offset);
    const related = readInclude(query.contract, include);
    return query.page(this.rows.values()).map((row) => this.shown(query.contract, row, related));
  }

  count(entity: string, where: Value): number {
    return new Query(this.contracts.of(entity), where).matching(this.rows.values()).length;
  }

  create(entity: string, attrs: Value): Fields {
    const contract = this.contracts.of(entity);
    const [sourceSystem, given, body] = this.identityIn(object("attrs", attrs));
    const moment = now();
    const id = this.newId();
    const sourceId = given ?? id;
    const document = takeApart(contract, this.fields, withInitial(contract, body), `${entity} ${sourceId}`);
    const identity: Identity = [entity, sourceSystem, this.origin.connection, sourceId];
    const previous = this.ofIdentity(identity);
    if (previous && !previous.deleted) {
      throw new Refused("Conflict", `${entity} with source_id '${sourceId}' exists already as ${previous.id}`);
    }
    const row = this.put(previous, identity, id, moment, document);
    this.note("entity", "create", row, joined(document.native, document.declared));
    return asGuestSees(contract, row);
  }

  update(entity: string, id: Value, attrs: Value, action = "update"): Fields {
    const contract = this.contracts.of(entity);
    const name = requiredText("id", id);
    const changes = { ...object("attrs", attrs) };
    const previous = this.live(entity, name);
    for (const [field, present] of Object.entries(systemFields(previous))) {
      if (!(field in changes)) continue;
      const given = changes[field];
      delete changes[field];
      if (given !== present && !field.startsWith("_")) {
        throw notValid(`${entity} ${name}: ${field} is set by the host; leave it out`);
      }
    }
    const document = takeApart(contract, this.fields, changes, `${entity} ${previous.sourceId}`, { onto: previous });
    const row = this.put(previous, identityOf(previous), name, now(), document);
    const after = joined(document.native, document.declared);
    const written = Object.fromEntries(Object.keys(changes).map((key) => [key, after[key] ?? null]));
    this.note("entity", action, row, written);
    return asGuestSees(contract, row);
  }

  delete(entity: string, id: Value): boolean {
    this.contracts.of(entity);
    const previous = this.rows.get(requiredText("id", id));
    if (previous === undefined || previous.deleted || previous.entity !== entity) return false;
    const row = this.put(previous, identityOf(previous), previous.id, now(), previous, null, true);
    this.note("entity", "delete", row, null);
    return true;
  }

  action(entity: string, id: Value, name: Value, params: Value): Fields {
    const contract = this.contracts.of(entity);
    const record = requiredText("id", id);
    const named = requiredText("actionName", name);
    const known = contract.actions ?? {};
    const action = Object.hasOwn(known, named) ? known[named] : undefined;
    if (action === undefined) {
      throw invalid(`${entity} has no action '${named}'; there are: ${Object.keys(known).join(", ") || "none"}`);
    }
    const given = params === null ? {} : object("params", params);
    const accepted = action.accept ?? [];
    const unknown = Object.keys(given).find((key) => !accepted.includes(key));
    if (unknown !== undefined) {
      const others = accepted.join(", ") || "none";
      throw invalid(`${entity}.${named} takes no parameter '${unknown}'; there are: ${others}`);
    }
    const previous = this.live(entity, record);
    const refused = refusal(action, previous.native);
    if (refused !== undefined) {
      throw new Refused("Conflict", `${entity} ${previous.sourceId}: cannot ${named}: ${refused}`);
    }
    return this.update(entity, record, { ...action.set, ...marks(contract, action), ...given }, "action");
  }

  ingest(documentType: string, given: IngestArguments, action: "canonical" | "batch"): IngestOutcome {
    const contract = this.contracts.ofDocument(documentType);
    const item = understand(contract, this.fields, this.origin, given);
    const identity: Identity = [contract.entity, this.origin.sourceSystem, this.origin.connection, item.sourceId];
    const known = this.keyOf(item);
    if (known && (known.documentType !== documentType || known.sourceId !== item.sourceId)) {
      throw new Refused(
        "Conflict",
        `idempotency key '${item.key}' of stream '${item.stream}' belongs to ${known.documentType}` +
          ` ${known.sourceId}, and cannot write ${documentType} ${item.sourceId}`,
      );
    }
    const previous = this.ofIdentity(identity);
    if (known && previous && known.digest === item.digest) return outcome("duplicate", item, previous);
    if (previous && item.sourceUpdatedAt && (previous.sourceUpdatedAt ?? "") > item.sourceUpdatedAt) {
      return { ...outcome("duplicate", item, previous), reason: "stale" };
    }
    const row = this.put(previous, identity, this.newId(), now(), item.document, item.sourceUpdatedAt);
    this.keys.set(keyPlace(item), { documentType, sourceId: item.sourceId, digest: item.digest });
    const whole = joined(item.document.native, item.document.declared);
    this.note("ingest", action, row, { source_id: item.sourceId, ...whole });
    return outcome(!previous || previous.deleted ? "created" : "updated", item, row);
  }

  checkpoint(stream: Value, partition: string | null): Fields | null {
    return this.checkpoints.get(JSON.stringify(checkpointPlace(stream, partition))) ?? null;
  }

  setCheckpoint(stream: Value, value: Value, partition: string | null): void {
    const place = checkpointPlace(stream, partition);
    const body = object("checkpoint", value);
    plain(body, "checkpoint");
    this.checkpoints.set(JSON.stringify(place), body);
    const id = place[1] === "" ? place[0] : place.join("/");
    this.writes.push({ kind: "checkpoint", action: "setCheckpoint", entity: null, id, data: body });
  }

  /** Every checkpoint: stream, partition ("" for none) and value. */
  allCheckpoints(): [string, string, Fields][] {
    return [...this.checkpoints].map(([place, value]) => [...(JSON.parse(place) as [string, string]), value]);
  }

  /** Make records exist before the test begins. Throws ValidationError naming entity and index. */
  seed(given: Readonly<Record<string, readonly unknown[]>>): void {
    for (const [entity, records] of Object.entries(given)) {
      const contract = this.contracts.of(entity);
      records.forEach((each, index) => {
        try {
          this.lend(contract, object("record", JSON.parse(JSON.stringify(each)) as Value));
        } catch (problem) {
          throw notValid(`${entity}[${index}]: ${(problem as Error).message}`);
        }
      });
    }
  }

  private lend(contract: Contract, given: Fields): void {
    const body = Object.fromEntries(Object.entries(given).filter(([key]) => !Object.hasOwn(SYSTEM_TYPES, key)));
    const created = given["_created_at"];
    const moment = typeof created === "string" ? instantKey(created) : now();
    const id = asId(given["id"] ?? null);
    const own = asId(given["source_id"] ?? null) ?? asId(given[`${contract.document_type}_id`] ?? null) ?? id;
    const record = id ?? this.newId();
    const sourceId = own ?? record;
    const document = takeApart(contract, this.fields, body, `${contract.entity} ${sourceId}`, { partial: true });
    const sourceSystem = String(given["source_system"] ?? this.origin.sourceSystem);
    this.put(undefined, [contract.entity, sourceSystem, this.origin.connection, sourceId], record, moment, document);
  }

  private live(entity: string, id: string): Row {
    const row = this.rows.get(id);
    if (row !== undefined && !row.deleted && row.entity === entity) return row;
    throw new Refused("NotFound", `there is no ${entity} with the id '${id}'`);
  }

  private keyOf(item: Item): IngestKey | undefined {
    return this.keys.get(keyPlace(item));
  }

  private shown(contract: Contract, row: Row, related: ReadonlyMap<string, readonly [string, string]>): Fields {
    const record = asGuestSees(contract, row);
    for (const [name, [field, entity]] of related) {
      const reference = record[field] ?? null;
      record[name] = reference === null ? null : this.related(entity, row, String(reference));
    }
    return record;
  }

  /** The record a reference means: its own id, else the provider's id under the same connection. */
  private related(entity: string, row: Row, reference: string): Fields | null {
    let found = this.rows.get(reference);
    if (found === undefined || found.deleted || found.entity !== entity) {
      found = this.ofIdentity([entity, row.sourceSystem, row.connection, reference]);
    }
    return found === undefined || found.deleted ? null : asGuestSees(this.contracts.of(entity), found);
  }

  private identityIn(attrs: Fields): readonly [string, string | null, Fields] {
    const body = { ...attrs };
    const sourceSystem = body["source_system"] || this.origin.sourceSystem;
    if (![this.origin.sourceSystem, ...BY_HAND].includes(sourceSystem as string)) {
      throw notValid(
        `source_system is '${this.origin.sourceSystem}' or one of ${BY_HAND.join(", ")}, not '${String(sourceSystem)}'`,
      );
    }
    if ((body["connection_id"] ?? null) !== null && body["connection_id"] !== this.origin.connection) {
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

  private ofIdentity(identity: Identity): Row | undefined {
    const id = this.identities.get(identityText(identity));
    return id === undefined ? undefined : this.rows.get(id);
  }

  private put(
    previous: Row | undefined,
    identity: Identity,
    id: string,
    moment: string,
    document: Document,
    sourceUpdatedAt: string | null = null,
    deleted = false,
  ): Row {
    const row: Row = {
      id: previous?.id ?? id,
      entity: identity[0],
      sourceSystem: identity[1],
      connection: identity[2],
      sourceId: identity[3],
      version: (previous?.version ?? 0) + 1,
      createdAt: previous?.createdAt ?? moment,
      updatedAt: moment,
      sourceUpdatedAt: sourceUpdatedAt ?? previous?.sourceUpdatedAt ?? null,
      deleted,
      native: document.native,
      declared: document.declared,
    };
    this.rows.set(row.id, row);
    this.identities.set(identityText(identity), row.id);
    return row;
  }

  private note(kind: "entity" | "ingest", action: string, row: Row, data: Value): void {
    this.writes.push({ kind, action, entity: row.entity, id: row.id, data });
  }

  /** A UUID of version 7 (RFC 9562): ids sort in the order in which they were made. */
  private newId(): string {
    this.made += 1;
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0").slice(-digits);
    const time = hex(Date.now(), 12);
    const random = hex(Math.floor(Math.random() * 2 ** 48), 12);
    const counter = hex(this.made, 6);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.slice(0, 3)}-8${counter.slice(3)}-${random}`;
  }
}

/** What a create writes: an absent field that has a default takes it. */
function withInitial(contract: Contract, body: Fields): Fields {
  const absent = Object.entries(contract.fields).filter(([name]) => (body[name] ?? null) === null);
  const initial = absent.flatMap(([name, { default: value }]) =>
    value === undefined || value === null ? [] : [[name, structuredClone(value)] as const],
  );
  return { ...body, ...Object.fromEntries(initial) };
}

/** The time and the author of an action, where it leaves them on the record. */
function marks(contract: Contract, action: Action): Fields {
  const moment = `${now().slice(0, -3)}Z`;
  const stamps = (action.stamp ?? []).map((name) => [
    name,
    contract.fields[name]?.type === "date" ? moment.slice(0, 10) : moment,
  ]);
  return Object.fromEntries([...stamps, ...(action.sign ?? []).map((name) => [name, ACTOR])]) as Fields;
}

function keyPlace(item: Item): string {
  return JSON.stringify([item.stream, item.key]);
}

function checkpointPlace(stream: Value, partition: string | null): [stream: string, partition: string] {
  return [requiredText("stream", stream), partition === null ? "" : requiredText("partition", partition)];
}

function outcome(status: IngestOutcome["status"], item: Item, row: Row): IngestOutcome {
  return {
    status,
    id: row.id,
    documentType: item.contract.document_type,
    sourceId: item.sourceId,
    version: row.version,
    idempotencyKey: item.key,
  };
}

function object(name: string, value: Value): Fields {
  if (!isFields(value)) throw invalid(`${name} is an object`);
  return value;
}

function now(): string {
  return `${new Date().toISOString().slice(0, -1)}000`;
}

