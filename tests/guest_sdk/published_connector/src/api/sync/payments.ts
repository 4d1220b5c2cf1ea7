import { api } from "@backfill-io/sdk";
export const POST = api(() => ({ stream: "payments", imported: 0, hasMore: false }));
