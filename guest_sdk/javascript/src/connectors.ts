/** What only a connector has: bringing records in, and remembering how far it got. */

import type { ApiRequest } from "./routes";
import type { CanonicalPayloads } from "./records";

export type DocumentType = keyof CanonicalPayloads;

/** The payload of a document type. */
export type CanonicalPayload<Type extends DocumentType> = CanonicalPayloads[Type];

export interface IngestOptions {
  /** A key of the manifest's `streams`. */
  stream: string;
  /** Names this delivery of this record, as in `stripe:customer:cus_123`. The same key with the same payload is a
   * duplicate, with another payload a new version; with another record it is a `conflict`. */
  idempotencyKey: string;
  /** The provider's identifier; default: see `IngestApi.canonical`. */
  sourceId?: string;
  /** When the provider last changed the record (RFC 3339): data older than what is stored is not written. */
  sourceUpdatedAt?: string;
}

export interface IngestResult {
  status: "created" | "updated" | "duplicate";
  id: string;
  documentType: string;
  sourceId: string;
  version: number;
  idempotencyKey: string;
  /** Why nothing was written, where that is not the payload being the same. */
  reason?: "stale";
}

export interface IngestBatchOptions<Payload> {
  stream: string;
  /** Collect failures in `failedRecords` instead of throwing at the first. */
  continueOnError?: boolean;
  idempotencyKey: (payload: Payload, index: number) => string;
  sourceId?: (payload: Payload, index: number) => string;
}

export interface IngestFailure {
  index: number;
  idempotencyKey: string | null;
  error: { name: string; code: string; message: string };
}

export interface IngestBatchResult {
  imported: number;
  failed: number;
  duplicates: number;
  results: IngestResult[];
  failedRecords: IngestFailure[];
}

/**
 * Writes a provider's records as canonical ones, with provenance, versions and idempotency.
 *
 * Needs `write` on the entity. Throws `validation_error` with the path of the field that breaks the contract,
 * `conflict` where the key belongs to another record, `not_available` outside a connector.
 */
export interface IngestApi {
  /** The record is identified by the payload's `source_id`, else its `<document_type>_id`, else its `id`, else the
   * last part of the idempotency key. */
  canonical<Type extends DocumentType>(
    documentType: Type,
    payload: CanonicalPayload<Type>,
    options: IngestOptions,
  ): IngestResult;
  batch<Type extends DocumentType, Payload extends CanonicalPayload<Type>>(
    documentType: Type,
    payloads: readonly Payload[],
    options: IngestBatchOptions<Payload>,
  ): IngestBatchResult;
}

export interface PageCommit {
  /** Where the next page begins, as the provider says it. */
  cursor?: string | null;
  hasMore?: boolean;
  /** What the next run should know; plain JSON. */
  checkpoint?: Record<string, any> | null;
}

/** The page that the host asks a sync route for. */
export interface ListPage {
  readonly stream: string;
  /** Where to go on, as the last page committed it; null on the first page. */
  readonly cursor: string | null;
  /** Counts from 1. */
  readonly page: number;
  /** 100 where the host named none. */
  readonly pageSize: number;
  /** The window of a backfill (RFC 3339), else null. */
  readonly from: string | null;
  readonly to: string | null;
  /** Stage the page's end: stored together with the page's records, or not at all. */
  commit(page?: PageCommit): void;
}

/** Checkpoints by stream and, where one is given, partition: an object that says which part. */
export interface SyncApi {
  getCheckpoint<Checkpoint = Record<string, any>>(
    stream: string,
    options?: { partition?: Record<string, any> },
  ): Checkpoint | null;
  setCheckpoint(stream: string, checkpoint: Record<string, any>, options?: { partition?: Record<string, any> }): void;
  listPage(request: ApiRequest, stream: string): ListPage;
}
