/** A record in memory, and how a guest sees it. */

import type { Contract } from "./contract";
import { joined, withDefaults, type Declared } from "./document";
import { orderKey, type Fields } from "./values";

/** Fields that the host sets on every record; all of them can be queried. */
export const SYSTEM_TYPES: Readonly<Record<string, string>> = {
  id: "string",
  _created_at: "datetime",
  _updated_at: "datetime",
  _version: "version",
  source_system: "string",
  source_id: "id",
  connection_id: "string",
};

/** One version of a record. Times are UTC with microseconds. Never changed: a write puts another in its place. */
export interface Row {
  readonly id: string;
  readonly entity: string;
  readonly sourceSystem: string;
  readonly connection: string | null;
  readonly sourceId: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly sourceUpdatedAt: string | null;
  readonly deleted: boolean;
  readonly native: Fields;
  readonly declared: Declared;
}

export type Identity = readonly [entity: string, sourceSystem: string, connection: string | null, sourceId: string];

export const identityText = (identity: Identity): string => JSON.stringify(identity);

export function identityOf(row: Row): Identity {
  return [row.entity, row.sourceSystem, row.connection, row.sourceId];
}

/** The record as `get` and `query` answer it. */
export function asGuestSees(contract: Contract, row: Row): Fields {
  return { ...systemFields(row), ...joined(withDefaults(contract, row.native), row.declared) };
}

export function systemFields(row: Row): Fields {
  return {
    id: row.id,
    _created_at: `${row.createdAt.slice(0, -3)}Z`,
    _updated_at: `${row.updatedAt.slice(0, -3)}Z`,
    _version: row.version,
    source_system: row.sourceSystem,
    source_id: row.sourceId,
    connection_id: row.connection,
  };
}

/** The order key of an indexed or system field; null where it is absent. */
export function keyOf(contract: Contract, row: Row, name: string): string | number | null {
  switch (name) {
    case "id":
      return row.id;
    case "_created_at":
      return row.createdAt;
    case "_updated_at":
      return row.updatedAt;
    case "_version":
      return row.version;
    case "source_system":
      return row.sourceSystem;
    case "source_id":
      return row.sourceId;
    case "connection_id":
      return row.connection;
  }
  const own = contract.own?.[name];
  const value = (own ? row.declared[""]?.[name] : withDefaults(contract, row.native)[name]) ?? null;
  return value === null ? null : orderKey((own ?? contract.fields[name])?.type ?? "string", value);
}
