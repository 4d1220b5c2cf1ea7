import { Entity } from "@backfill-io/sdk";
import { read, type Entered } from "../../lib/nexus-address";

/** Store what the form was sent with: an address that taxes from now on. */
export default async function saveNexusAddress({ values }: { values: Entered }): Promise<{ id: string }> {
  const { address, missing } = read(values);
  if (missing.length > 0) throw new Error(`Enter ${missing.join(", ")}`);
  const saved = Entity.create<{ id: string }>("NexusAddress", { ...address, status: "active" });
  return { id: saved.id };
}
