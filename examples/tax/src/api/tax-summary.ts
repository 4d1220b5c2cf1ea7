import { TaxRecord, api } from "@backfill-io/sdk";
import { totals } from "../lib/totals";

export const config = { auth: "api_key" };

const PAGE = 1_000;

/** GET /tax-summary?from=2026-01-01&to=2026-03-31: the tax of the documents first saved in these days, both included. */
export const GET = api(async (request) => {
  const from = day(request.searchParams.from);
  const to = day(request.searchParams.to);
  if (!from || !to) return api.badRequest("Give from and to, as in ?from=2026-01-01&to=2026-03-31");
  const where = { _created_at: { gte: `${from}T00:00:00Z`, lte: `${to}T23:59:59.999999Z` } };
  const orderBy = [{ field: "_created_at", direction: "asc" }] as const;
  const records = [];
  for (let page = TaxRecord.query({ where, orderBy, limit: PAGE }); page.length > 0; ) {
    records.push(...page);
    page = page.length < PAGE ? [] : TaxRecord.query({ where, orderBy, limit: PAGE, offset: records.length });
  }
  return api.json({ from, to, documents: records.length, totals: totals(records) });
});

function day(given: string | string[] | undefined): string | null {
  return typeof given === "string" && /^\d{4}-\d\d-\d\d$/.test(given) && Date.parse(given) ? given : null;
}
