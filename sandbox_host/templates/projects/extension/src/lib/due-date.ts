import { Settings } from "@backfill-io/sdk";

/** The day on which what was issued at `from`, a date or a date and time, is due. */
export function dueDate(from: string): string {
  const day = new Date(`${from.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + Settings.get<number>("paymentTermsDays"));
  return day.toISOString().slice(0, 10);
}
