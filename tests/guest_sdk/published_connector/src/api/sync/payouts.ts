import { api } from "@backfill-io/sdk";
export const POST = api(() => ({ stream: "payouts", imported: 0, hasMore: false }));
