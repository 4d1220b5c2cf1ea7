import { Log, Secrets, api, ingest, sync } from "@backfill-io/sdk";
import { customer, get, type ProviderCustomer, type ProviderPage } from "../../lib/provider";

export const config = { auth: "api_key" };

/** One page of customers. The host calls again while `hasMore` is true. */
export const POST = api(async (request) => {
  const stream = "customers";
  const apiKey = Secrets.get("api_key");
  if (!apiKey) return api.badRequest("The connection has no api_key; enter it in the connection's settings");

  const page = sync.listPage(request, stream);
  const after = page.cursor === null ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
  const response = get<ProviderPage<ProviderCustomer>>(`/customers?limit=${page.pageSize}${after}`, apiKey);
  if (!response.ok) return api.providerError("The customers cannot be read", response);

  const { imported, duplicates, failed, failedRecords } = ingest.batch("customer", response.body.data.map(customer), {
    stream,
    continueOnError: true,
    sourceId: (payload) => payload.source_id,
    idempotencyKey: (payload) => `{{name}}:customer:${payload.source_id}`,
  });
  for (const refused of failedRecords) Log.error("record_refused", { stream, ...refused });

  const cursor = response.body.next_cursor;
  page.commit({ cursor, hasMore: cursor !== null });
  return api.json({ stream, imported, duplicates, failed, failedRecords, hasMore: cursor !== null });
});
