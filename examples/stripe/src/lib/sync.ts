/** One page of one stream: what the four sync routes share. */

import { Log, Secrets, api, ingest, sync } from "@backfill-io/sdk";
import type { ApiRequest, ApiResponse, CanonicalPayload, DocumentType } from "@backfill-io/sdk";
import { Stripe, StripeError, type StripeList, type StripeQuery } from "./stripe";

export interface StreamSync<Item, Type extends DocumentType> {
  /** The key in the manifest's `streams`. */
  stream: string;
  /** Stripe's list, `/customers`. */
  path: string;
  documentType: Type;
  query?: StripeQuery;
  transform: (item: Item, stripe: Stripe) => CanonicalPayload<Type>;
}

/**
 * Stripe lists the newest first. `since` is where this round of pages stops; `newest` is where the next will.
 * They become one when the last page is in, and a round that broke off goes on at `cursor`: nothing is missed.
 */
interface Checkpoint {
  cursor: string | null;
  since: number | null;
  newest: number | null;
}

const FIRST: Checkpoint = { cursor: null, since: null, newest: null };

/** Read one page, ingest it, and stage the cursor for the next. */
export function syncPage<Item extends { id: string; created: number }, Type extends DocumentType>(
  request: ApiRequest,
  { stream, path, documentType, query, transform }: StreamSync<Item, Type>,
): ApiResponse {
  const apiKey = Secrets.get("api_key");
  if (!apiKey) return api.badRequest("The connection has no api_key; enter it in the connection's settings");
  const stripe = new Stripe(apiKey);
  const page = sync.listPage(request, stream);
  const saved = sync.getCheckpoint<Checkpoint>(stream) ?? FIRST;
  const backfill = page.from !== null || page.to !== null;
  try {
    const list = stripe.get<StripeList<Item>>(path, {
      limit: Math.min(page.pageSize, 100),
      starting_after: page.cursor ?? (backfill ? null : saved.cursor),
      "created[gte]": backfill ? seconds(page.from) : saved.since,
      "created[lte]": seconds(page.to),
      ...query,
    });
    const payloads = list.data.map((item) => ({ ...transform(item, stripe), source_id: item.id }));
    const batch = ingest.batch(documentType, payloads, {
      stream,
      continueOnError: true,
      sourceId: (payload) => payload.source_id,
      idempotencyKey: (payload) => `stripe:${documentType}:${payload.source_id}`,
    });
    for (const failed of batch.failedRecords) Log.error("record_refused", { stream, ...failed });

    const newest = Math.max(saved.newest ?? 0, ...list.data.map((item) => item.created)) || null;
    const cursor = list.has_more ? (list.data.at(-1)?.id ?? null) : null;
    const polled: Checkpoint = { cursor, newest, since: list.has_more ? saved.since : newest };
    const checkpoint = backfill ? saved : polled;
    page.commit({ cursor, hasMore: list.has_more, checkpoint });
    Log.info("page_synced", { stream, imported: batch.imported, duplicates: batch.duplicates, failed: batch.failed });
    const { imported, duplicates, failed, failedRecords } = batch;
    return api.json({ stream, imported, duplicates, failed, failedRecords, hasMore: list.has_more, cursor, checkpoint });
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    Log.warn("stripe_refused", { stream, status: error.response.status, message: error.message });
    return api.providerError(error.message, error.response);
  }
}

/** RFC 3339 as Stripe's unix seconds. */
function seconds(time: string | null): number | null {
  return time === null ? null : Math.floor(Date.parse(time) / 1000);
}
