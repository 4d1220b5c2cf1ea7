/** Documents of a provider, ingested as versions of records: once per idempotency key and content. */

import { Refused } from "../errors";
import type { Contracts, ExtensionFields } from "./contract";
import { draftOf, joined, takeApart } from "./document";
import { now } from "./given";
import { understand, type IngestArguments, type Item, type Origin } from "./ingest";
import { SYSTEM_TYPES, type Identity, type Row } from "./row";
import type { Table } from "./table";
import type { Fields } from "./values";

interface IngestKey {
  readonly documentType: string;
  readonly sourceId: string;
  readonly digest: string;
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

export class Documents {
  private keys = new Map<string, IngestKey>();

  /** `origin`: where documents come from, by now. */
  constructor(
    private readonly contracts: Contracts,
    private readonly fields: ExtensionFields,
    private readonly table: Table,
    private readonly origin: () => Origin,
  ) {}

  /** A function that takes back every key from here on. */
  savepoint(): () => void {
    const copy = new Map(this.keys);
    return () => {
      this.keys = copy;
    };
  }

  /** Was nothing ingested yet? */
  get isEmpty(): boolean {
    return this.keys.size === 0;
  }

  ingest(documentType: string, given: IngestArguments, action: IngestAction): IngestOutcome {
    const contract = this.contracts.ofDocument(documentType);
    return this.ingestItem(understand(contract, this.fields, this.origin(), given), action);
  }

  /** What `ingest` would store: checked, but for what is required. */
  item(documentType: string, given: IngestArguments): Item {
    return understand(this.contracts.ofDocument(documentType), this.fields, this.origin(), given, true);
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
    const previous = this.table.ofIdentity(this.identityOfItem(item));
    if (known && previous && known.digest === item.digest) return [outcome("duplicate", item, previous), previous];
    if (previous && item.sourceUpdatedAt && (previous.sourceUpdatedAt ?? "") > item.sourceUpdatedAt) {
      return [{ ...outcome("duplicate", item, previous), reason: "stale" }, previous];
    }
    return [null, previous];
  }

  /** The record as ingesting the item with this body would make it. What is required may be missing. */
  itemDraft(item: Item, body: Fields, previous: Fields | null): Fields {
    const known: Fields = {
      source_system: this.origin().sourceSystem,
      source_id: item.sourceId,
      connection_id: this.origin().connection,
    };
    const system = Object.keys(SYSTEM_TYPES).map((name) => [name, previous?.[name] ?? null]);
    return draftOf(item.contract, this.fields, body, previous === null ? known : (Object.fromEntries(system) as Fields));
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
    const row = this.table.put(previous, identity, this.table.newId(), now(), item.document, item.sourceUpdatedAt);
    const documentType = item.contract.document_type;
    this.keys.set(keyPlace(item), { documentType, sourceId: item.sourceId, digest: item.digest });
    const whole = joined(item.document.native, item.document.declared);
    this.table.note("ingest", action, row, { source_id: item.sourceId, ...whole });
    return outcome(!previous || previous.deleted ? "created" : "updated", item, row);
  }

  private identityOfItem(item: Item): Identity {
    const { sourceSystem, connection } = this.origin();
    return [item.contract.entity, sourceSystem, connection, item.sourceId];
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
