/** The records of a test: what its handlers read and write, in memory, by the host's rules. */

import { Refused, invalid, notValid } from "../errors";
import { Checkpoints } from "./checkpoints";
import { refusal, type Contract, type Contracts, type ExtensionFields } from "./contract";
import { joined, takeApart, type Document } from "./document";
import { identityIn, marks, now, object, withInitial } from "./given";
import { asId, requiredText, understand, type IngestArguments, type Item, type Origin } from "./ingest";
import { Query, readInclude } from "./query";
import {
  SYSTEM_TYPES,
  asGuestSees,
  identityOf,
  identityText,
  systemFields,
  withDefaults,
  type Identity,
  type Row,
} from "./row";
import { instantKey, type Fields, type Value } from "./values";

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

export type IngestAction = "canonical" | "batch";

export class Records {
  /** Every write so far, also of calls that failed later. */
  readonly writes: Write[] = [];
  private rows = new Map<string, Row>();
  private identities = new Map<string, string>();
  private keys = new Map<string, IngestKey>();
  private readonly checkpoints = new Checkpoints();
  private made = 0;

  constructor(
    private readonly contracts: Contracts,
    private readonly fields: ExtensionFields,
    private origin: Origin,
  ) {}

  /** A function that takes back everything written from here on. */
  savepoint(): () => void {
    const { rows, identities, keys } = this;
    const copies = [new Map(rows), new Map(identities), new Map(keys)] as const;
    const takeBack = this.checkpoints.savepoint();
    return () => {
      [this.rows, this.identities, this.keys] = copies;
      takeBack();
    };
  }

  /** From here on writes are of this connection. */
  under(connection: string | null): void {
    this.origin = { ...this.origin, connection };
  }

  /** Every record, as a test could give it; undefined where one was changed since it was made, or ingested. */
  asGiven(): Record<string, Fields[]> | undefined {
    const rows = [...this.rows.values()];
    if (this.keys.size > 0 || rows.some(({ version }) => version > 1)) return undefined;
    const given: Record<string, Fields[]> = {};
    for (const row of rows) {
      const { id, source_id, source_system, _created_at } = systemFields(row);
      const own = { id, source_id, source_system, _created_at } as Fields;
      (given[row.entity] ??= []).push({ ...joined(row.native, row.declared), ...own });
    }
    return given;
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
    const [sourceSystem, given, body] = identityIn(this.origin, object("attrs", attrs));
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
    const [previous, changes] = this.changed(entity, name, object("attrs", attrs));
    const document = takeApart(contract, this.fields, changes, `${entity} ${previous.sourceId}`, { onto: previous });
    const row = this.put(previous, identityOf(previous), name, now(), document);
    const after = joined(document.native, document.declared);
    const written = Object.fromEntries(Object.keys(changes).map((key) => [key, after[key] ?? null]));
    this.note("entity", action, row, written);
    return asGuestSees(contract, row);
  }

  /** The record as `create`, or `update` of the record `id`, would make it. What is required may be missing. */
  draft(entity: string, attrs: Fields, id?: string): Fields {
    const contract = this.contracts.of(entity);
    if (id !== undefined) {
      const [previous, changes] = this.changed(entity, id, attrs);
      return this.draftOf(contract, changes, systemFields(previous), previous);
    }
    const [sourceSystem, sourceId, body] = identityIn(this.origin, attrs);
    const known: Fields = { source_system: sourceSystem, ...(sourceId === null ? {} : { source_id: sourceId }) };
    return this.draftOf(contract, withInitial(contract, body), known);
  }

  /** A record as a hook is told of it: checked, and where it is new with its defaults. What is required may be
   * missing. */
  drafted(entity: string, record: Fields, isNew: boolean): Fields {
    const contract = this.contracts.of(entity);
    const isOwn = ([name]: [string, Value]): boolean => !Object.hasOwn(SYSTEM_TYPES, name);
    const system = Object.entries(record).filter((entry) => !isOwn(entry));
    const body = Object.fromEntries(Object.entries(record).filter(isOwn));
    return this.draftOf(contract, isNew ? withInitial(contract, body) : body, Object.fromEntries(system));
  }

  /** What a write would answer; nothing is kept of it. */
  tried<T>(write: () => T): T {
    const [takeBack, written] = [this.savepoint(), this.writes.length];
    try {
      return write();
    } finally {
      takeBack();
      this.writes.length = written;
    }
  }

  /** Does a record, as it was and as it will be, go through the entity's named change, however it is written? */
  reaches(entity: string, name: string, before: Fields | null, after: Fields): boolean {
    const set = Object.entries(this.contracts.of(entity).actions?.[name]?.set ?? {});
    const isAs = (record: Fields): boolean => set.every(([field, value]) => (record[field] ?? null) === value);
    return set.length > 0 && isAs(after) && !isAs(before ?? {});
  }

  delete(entity: string, id: Value): boolean {
    this.contracts.of(entity);
    const previous = this.rows.get(requiredText("id", id));
    if (previous === undefined || previous.deleted || previous.entity !== entity) return false;
    const row = this.put(previous, identityOf(previous), previous.id, now(), previous, null, true);
    this.note("entity", "delete", row, null);
    return true;
  }

  /** `also`: fields that hooks set along. */
  action(entity: string, id: Value, name: Value, params: Value, also: Fields = {}): Fields {
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
    return this.update(entity, record, { ...action.set, ...marks(contract, action), ...given, ...also }, "action");
  }

  ingest(documentType: string, given: IngestArguments, action: IngestAction): IngestOutcome {
    return this.ingestItem(understand(this.contracts.ofDocument(documentType), this.fields, this.origin, given), action);
  }

  /** What `ingest` would store: checked, but for what is required. */
  item(documentType: string, given: IngestArguments): Item {
    return understand(this.contracts.ofDocument(documentType), this.fields, this.origin, given, true);
  }

  /** What an item holds, as its payload has it. */
  bodyOf({ document }: Item): Fields {
    return joined(document.native, document.declared);
  }

  /** What `ingest` answers to an item that changes nothing, null where it is new; and the row that it is a version
   * of. Throws Conflict. */
  beforeItem(item: Item): [IngestOutcome | null, Row | undefined] {
    const documentType = item.contract.document_type;
    const known = this.keys.get(keyPlace(item));
    if (known && (known.documentType !== documentType || known.sourceId !== item.sourceId)) {
      throw new Refused(
        "Conflict",
        `idempotency key '${item.key}' of stream '${item.stream}' belongs to ${known.documentType}` +
          ` ${known.sourceId}, and cannot write ${documentType} ${item.sourceId}`,
      );
    }
    const previous = this.ofIdentity(this.identityOfItem(item));
    if (known && previous && known.digest === item.digest) return [outcome("duplicate", item, previous), previous];
    if (previous && item.sourceUpdatedAt && (previous.sourceUpdatedAt ?? "") > item.sourceUpdatedAt) {
      return [{ ...outcome("duplicate", item, previous), reason: "stale" }, previous];
    }
    return [null, previous];
  }

  /** The record as ingesting the item with this body would make it. What is required may be missing. */
  itemDraft(item: Item, body: Fields, previous: Fields | null): Fields {
    const known: Fields = {
      source_system: this.origin.sourceSystem,
      source_id: item.sourceId,
      connection_id: this.origin.connection,
    };
    const system = Object.keys(SYSTEM_TYPES).map((name) => [name, previous?.[name] ?? null]);
    return this.draftOf(item.contract, body, previous === null ? known : (Object.fromEntries(system) as Fields));
  }

  /** The item with another body, whole; its digest is still that of what the provider sent. */
  withBody(item: Item, body: Fields): Item {
    const name = `${item.contract.entity} ${item.sourceId}`;
    return { ...item, document: takeApart(item.contract, this.fields, body, name) };
  }

  ingestItem(item: Item, action: IngestAction): IngestOutcome {
    const [duplicate, previous] = this.beforeItem(item);
    if (duplicate !== null) return duplicate;
    const identity = this.identityOfItem(item);
    const row = this.put(previous, identity, this.newId(), now(), item.document, item.sourceUpdatedAt);
    const documentType = item.contract.document_type;
    this.keys.set(keyPlace(item), { documentType, sourceId: item.sourceId, digest: item.digest });
    const whole = joined(item.document.native, item.document.declared);
    this.note("ingest", action, row, { source_id: item.sourceId, ...whole });
    return outcome(!previous || previous.deleted ? "created" : "updated", item, row);
  }

  checkpoint(stream: Value, partition: string | null): Fields | null {
    return this.checkpoints.get(stream, partition);
  }

  setCheckpoint(stream: Value, value: Value, partition: string | null): void {
    const id = this.checkpoints.set(stream, value, partition);
    this.writes.push({ kind: "checkpoint", action: "setCheckpoint", entity: null, id, data: value });
  }

  allCheckpoints(): [string, string, Fields][] {
    return this.checkpoints.all();
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
    const own = Object.entries(given).filter(([key]) => !Object.hasOwn(SYSTEM_TYPES, key));
    const body = withInitial(contract, Object.fromEntries(own));
    const created = given["_created_at"];
    const moment = typeof created === "string" ? instantKey(created) : now();
    const id = asId(given["id"] ?? null);
    const named = asId(given["source_id"] ?? null) ?? asId(given[`${contract.document_type}_id`] ?? null) ?? id;
    const record = id ?? this.newId();
    const sourceId = named ?? record;
    const document = takeApart(contract, this.fields, body, `${contract.entity} ${sourceId}`, { partial: true });
    const sourceSystem = String(given["source_system"] ?? this.origin.sourceSystem);
    this.put(undefined, [contract.entity, sourceSystem, this.origin.connection, sourceId], record, moment, document);
  }

  private draftOf(contract: Contract, body: Fields, known: Fields, onto?: Document): Fields {
    const name = `${contract.entity} ${String(known["source_id"] ?? "(new)")}`;
    const held = onto === undefined ? {} : { onto };
    const document = takeApart(contract, this.fields, body, name, { ...held, partial: true });
    return { ...known, ...joined(withDefaults(contract, document.native), document.declared) };
  }

  /** The row as it is, and what changes of it. A guest may send back a record it has read: the times and the version
   * in it mean nothing. Throws NotFound. */
  private changed(entity: string, id: string, attrs: Fields): [Row, Fields] {
    const previous = this.live(entity, id);
    const changes = { ...attrs };
    for (const [field, present] of Object.entries(systemFields(previous))) {
      if (!(field in changes)) continue;
      const given = changes[field];
      delete changes[field];
      if (given !== present && !field.startsWith("_")) {
        throw notValid(`${entity} ${id}: ${field} is set by the host; leave it out`);
      }
    }
    return [previous, changes];
  }

  private identityOfItem(item: Item): Identity {
    return [item.contract.entity, this.origin.sourceSystem, this.origin.connection, item.sourceId];
  }

  private live(entity: string, id: string): Row {
    const row = this.rows.get(id);
    if (row !== undefined && !row.deleted && row.entity === entity) return row;
    throw new Refused("NotFound", `there is no ${entity} with the id '${id}'`);
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

function keyPlace(item: Item): string {
  return JSON.stringify([item.stream, item.key]);
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
