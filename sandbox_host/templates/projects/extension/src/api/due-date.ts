import { api } from "@backfill-io/sdk";
import { dueDate } from "../lib/due-date";

export const config = { auth: "api_key" };

/** GET /due-date?from=2026-01-31: the due date that an invoice of that day would get. */
export const GET = api(async (request) => {
  const from = String(request.searchParams.from ?? "");
  if (Number.isNaN(Date.parse(from))) return api.badRequest("Give a date, as in ?from=2026-01-31");
  return api.json({ from, due_date: dueDate(from) });
});
