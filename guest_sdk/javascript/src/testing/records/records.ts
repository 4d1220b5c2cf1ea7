/** The records of a test: what its handlers read and write, in memory, by the host's rules. */

import { Refused, invalid, notValid } from "../errors";
import { Checkpoints } from "./checkpoints";
import { refusal, type Contract, type Contracts, type ExtensionFields } from "./contract";
import { draftOf, joined, takeApart } from "./document";
import { Documents } from "./documents";
import { identityIn, marks, now, object, withInitial } from "./given";
import { asId, requiredText, type Origin } from "./ingest";
import { Query, readInclude } from "./query";
import { SYSTEM_TYPES, asGuestSees, identityOf, systemFields, type Identity, type Row } from "./row";
import { Table, type Write } from "./table";
import { instantKey, type Fields, type Value } from "./values";

export class Records {
  readonly documents: Documents;
  readonly checkpoints = new Checkpoints();
  private readonly table = new Table();

  constructor(
    private readonly contracts: Contracts,
    private readonly fields: ExtensionFields,
    private origin: Origin,
  ) {
    this.documents = new Documents(contracts, fields, this.table, () => this.origin);
  }

  /** Every write so far, also of calls that failed later. */
  get writes(): Write[] {
    return this.table.writes;
  }

  /** A function that takes back everything written from here on. */
  savepoint(): () => void {
    const takeBack = [this.table, this.documents, this.checkpoints].map((part) => part.savepoint());
    return () => takeBack.forEach((each) => each());
  }

  /** From here on writes are of this connection. */
  under(connection: string | null): void {
    this.origin = { ...this.origin, connection };
  }

  /** Every record, as a test could give it; undefined where one was changed since it was made, or ingested. */
  asGiven(): Record<string, Fields[]> | undefined {
    const rows = [...this.table.all()];
    if (!this.documents.isEmpty || rows.some(({ version }) => version > 1)) return undefined;
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
    const row = this.table.find(entity, requiredText("id", id));
    return row === undefined ? null : this.shown(contract, row, related);
  }

  query(entity: string, where: Value, orderBy: Value, limit: Value, offset: Value, include: readonly string[]): Fields[] {
    const query = new Query(this.contracts.of(entity), where, orderBy, limit, offset);
    const related = readInclude(query.contract, include);
    return query.page(this.table.all()).map((row) => this.shown(query.contract, row, related));
  }

  count(entity: string, where: Value): number {
    return new Query(this.contracts.of(entity), where).matching(this.table.all()).length;
  }

  create(entity: string, attrs: Value): Fields {
    const contract = this.contracts.of(entity);
    const [sourceSystem, given, body] = identityIn(this.origin, object("attrs", attrs));
    const moment = now();
    const id = this.table.newId();
    const sourceId = given ?? id;
    const document = takeApart(contract, this.fields, withInitial(contract, body), `${entity} ${sourceId}`);
    const identity: Identity = [entity, sourceSystem, this.origin.connection, sourceId];
    const previous = this.table.ofIdentity(identity);
    if (previous && !previous.deleted) {
      throw new Refused("Conflict", `${entity} with source_id '${sourceId}' exists already as ${previous.id}`);
    }
    const row = this.table.put(previous, identity, id, moment, document);
    this.table.note("entity", "create", row, joined(document.native, document.declared));
    return asGuestSees(contract, row);
  }

  update(entity: string, id: Value, attrs: Value, action = "update"): Fields {
    const contract = this.contracts.of(entity);
    const name = requiredText("id", id);
    const [previous, changes] = this.changed(entity, name, object("attrs", attrs));
    const document = takeApart(contract, this.fields, changes, `${entity} ${previous.sourceId}`, { onto: previous });
    const row = this.table.put(previous, identityOf(previous), name, now(), document);
    const after = joined(document.native, document.declared);
    const written = Object.fromEntries(Object.keys(changes).map((key) => [key, after[key] ?? null]));
    this.table.note("entity", action, row, written);
    return asGuestSees(contract, row);
  }

  /** The record as `create`, or `update` of the record `id`, would make it. What is required may be missing. */
  draft(entity: string, attrs: Fields, id?: string): Fields {
    const contract = this.contracts.of(entity);
    if (id !== undefined) {
      const [previous, changes] = this.changed(entity, id, attrs);
      return draftOf(contract, this.fields, changes, systemFields(previous), previous);
    }
    const [sourceSystem, sourceId, body] = identityIn(this.origin, attrs);
    const known: Fields = { source_system: sourceSystem, ...(sourceId === null ? {} : { source_id: sourceId }) };
    return draftOf(contract, this.fields, withInitial(contract, body), known);
  }

  /** A record as a hook is told of it: checked, and where it is new with its defaults. What is required may be
   * missing. */
  drafted(entity: string, record: Fields, isNew: boolean): Fields {
    const contract = this.contracts.of(entity);
    const isOwn = ([name]: [string, Value]): boolean => !Object.hasOwn(SYSTEM_TYPES, name);
    const system = Object.entries(record).filter((entry) => !isOwn(entry));
    const body = Object.fromEntries(Object.entries(record).filter(isOwn));
    return draftOf(contract, this.fields, isNew ? withInitial(contract, body) : body, Object.fromEntries(system));
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
    const previous = this.table.find(entity, requiredText("id", id));
    if (previous === undefined) return false;
    const row = this.table.put(previous, identityOf(previous), previous.id, now(), previous, null, true);
    this.table.note("entity", "delete", row, null);
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
    const previous = this.table.live(entity, record);
    const refused = refusal(action, previous.native);
    if (refused !== undefined) {
      throw new Refused("Conflict", `${entity} ${previous.sourceId}: cannot ${named}: ${refused}`);
    }
    return this.update(entity, record, { ...action.set, ...marks(contract, action), ...given, ...also }, "action");
  }

  setCheckpoint(stream: Value, value: Value, partition: string | null): void {
    const id = this.checkpoints.set(stream, value, partition);
    this.writes.push({ kind: "checkpoint", action: "setCheckpoint", entity: null, id, data: value });
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
    const record = id ?? this.table.newId();
    const sourceId = named ?? record;
    const document = takeApart(contract, this.fields, body, `${contract.entity} ${sourceId}`, { partial: true });
    const sourceSystem = String(given["source_system"] ?? this.origin.sourceSystem);
    this.table.put(undefined, [contract.entity, sourceSystem, this.origin.connection, sourceId], record, moment, document);
  }

  /** The row as it is, and what changes of it. A guest may send back a record it has read: the times and the version
   * in it mean nothing. Throws NotFound. */
  private changed(entity: string, id: string, attrs: Fields): [Row, Fields] {
    const previous = this.table.live(entity, id);
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
    const identity: Identity = [entity, row.sourceSystem, row.connection, reference];
    const found = this.table.find(entity, reference) ?? this.table.ofIdentity(identity);
    return found === undefined || found.deleted ? null : asGuestSees(this.contracts.of(entity), found);
  }
}
