import { api } from "@backfill-io/sdk";
export const POST = api(async () => api.json({ stream: "payments", imported: 0, hasMore: false }));
