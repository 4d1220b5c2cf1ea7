/** The rows of a test in memory, and the list of what was written. */

import { Refused } from "../errors";
import type { Document } from "./document";
import { identityText, type Identity, type Row } from "./row";
import type { Value } from "./values";

/** One write, as the sandbox reports it. */
export interface Write {
  readonly kind: "entity" | "ingest" | "secret" | "checkpoint" | "http";
  readonly action: string;
  readonly entity: string | null;
  readonly id: string;
  readonly data: Value;
}

export class Table {
  /** Every write so far, also of calls that failed later. */
  readonly writes: Write[] = [];
  private rows = new Map<string, Row>();
  private identities = new Map<string, string>();
  private made = 0;

  /** A function that takes back every row from here on. */
  savepoint(): () => void {
    const copies = [new Map(this.rows), new Map(this.identities)] as const;
    return () => {
      [this.rows, this.identities] = copies;
    };
  }

  /** Every row, deleted ones too. */
  all(): Iterable<Row> {
    return this.rows.values();
  }

  /** The record of that id, unless it is deleted. */
  find(entity: string, id: string): Row | undefined {
    const row = this.rows.get(id);
    return row === undefined || row.deleted || row.entity !== entity ? undefined : row;
  }

  /** The record of that id. Throws NotFound. */
  live(entity: string, id: string): Row {
    const row = this.find(entity, id);
    if (row !== undefined) return row;
    throw new Refused("NotFound", `there is no ${entity} with the id '${id}'`);
  }

  /** The record of that identity, deleted or not. */
  ofIdentity(identity: Identity): Row | undefined {
    const id = this.identities.get(identityText(identity));
    return id === undefined ? undefined : this.rows.get(id);
  }

  /** Keep the next version of a record; `id` is that of a new one. */
  put(
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

  note(kind: "entity" | "ingest", action: string, row: Row, data: Value): void {
    this.writes.push({ kind, action, entity: row.entity, id: row.id, data });
  }

  /** A UUID of version 7 (RFC 9562): ids sort in the order in which they were made. */
  newId(): string {
    this.made += 1;
    const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0").slice(-digits);
    const time = hex(Date.now(), 12);
    const random = hex(Math.floor(Math.random() * 2 ** 48), 12);
    const counter = hex(this.made, 6);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.slice(0, 3)}-8${counter.slice(3)}-${random}`;
  }
}
