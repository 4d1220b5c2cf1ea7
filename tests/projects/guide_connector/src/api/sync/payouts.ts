import { api } from "@backfill-io/sdk";
export const POST = api(async () => api.json({ stream: "payouts", imported: 0, hasMore: false }));
