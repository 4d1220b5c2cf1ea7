/** `ingest`: a provider's documents become versions of records, and every one is listed for the test. */

import type { Ask, World } from "./capabilities";
import { Refused, invalid } from "./errors";
import type { HookedWrites } from "./hooks/writes";
import type { IngestCall, IngestFault } from "./index";
import { sourceIdOf } from "./records/ingest";
import { isFields, type Fields, type Value } from "./records/values";
import type { Run } from "./run";

const MAX_BATCH = 1000;

/** `ingest.canonical` and `ingest.batch`, for one guest. */
export class Ingests {
  private readonly world: World;

  constructor(
    private readonly run: Run,
    private readonly writes: HookedWrites,
  ) {
    this.world = run.world;
  }

  ask(action: string, args: Fields): Ask {
    const documentType = args["documentType"];
    if (typeof documentType !== "string") throw invalid('the document type must be a string, such as "customer"');
    const { entity } = this.world.contracts.ofDocument(documentType);
    const decisions = [this.world.policy.entity(entity, "write")];
    if (action === "batch") {
      const options = optionsOf(args, ["continueOnError", "stream"]);
      const items = args["items"];
      if (!Array.isArray(items)) throw invalid("payloads is a list");
      if (items.length > MAX_BATCH) {
        throw invalid(`a batch holds at most ${MAX_BATCH} payloads; this one has ${items.length}`);
      }
      const perform = (): Value => this.run.whole(() => this.batch(documentType, items as Fields[], options));
      return { resource: entity, decisions, perform };
    }
    const options = optionsOf(args, ["idempotencyKey", "sourceId", "sourceUpdatedAt", "stream"]);
    const payload = args["payload"] ?? null;
    const perform = (): Value => this.one("canonical", documentType, payload, options, options);
    return { resource: resourceOf(entity, documentType, payload, options), decisions, perform };
  }

  private batch(documentType: string, items: readonly Fields[], options: Fields): Value {
    const results: Value[] = [];
    const failedRecords: Value[] = [];
    let duplicates = 0;
    items.forEach((item, index) => {
      try {
        const result = this.one("batch", documentType, item["payload"] ?? null, item, options);
        results.push(result);
        if (result["status"] === "duplicate") duplicates += 1;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (options["continueOnError"] !== true) throw new Refused(error.name, `item ${index}: ${error.message}`);
        const { name, code, message } = error;
        failedRecords.push({ index, idempotencyKey: item["idempotencyKey"] ?? null, error: { name, code, message } });
      }
    });
    const imported = results.length - duplicates;
    return { imported, failed: failedRecords.length, duplicates, results, failedRecords };
  }

  private one(
    action: "canonical" | "batch",
    documentType: string,
    payload: Value,
    item: Fields,
    options: Fields,
  ): Fields {
    const stream = options["stream"] ?? null;
    const { idempotencyKey = null, sourceId = null, sourceUpdatedAt = null } = item;
    const given = { payload, stream, idempotencyKey, sourceId, sourceUpdatedAt };
    const named = { documentType, idempotencyKey: idempotencyKey as string, stream: stream as string, payload };
    const call: IngestCall = { action, ...named, sourceId: null, result: null, error: null };
    this.world.ingests.push(call);
    try {
      if (isFields(payload)) call.sourceId = sourceIdOf(documentType, payload, String(idempotencyKey), sourceId);
      this.failIfAsked(call);
      const result = this.writes.ingest(documentType, given, action);
      call.result = result;
      return result;
    } catch (error) {
      if (error instanceof Refused) call.error = { name: error.name, code: error.code, message: error.message };
      throw error;
    }
  }

  private failIfAsked(call: IngestCall): void {
    const { faults } = this.world;
    const matches = (fault: IngestFault): boolean =>
      (["documentType", "sourceId", "idempotencyKey"] as const).every(
        (key) => fault[key] === undefined || fault[key] === call[key],
      );
    const index = faults.findIndex(matches);
    const [fault] = index === -1 ? [] : faults.splice(index, 1);
    if (fault) throw new Refused(fault.name ?? "ValidationError", fault.message ?? "the test made this ingest fail");
  }
}

function optionsOf(args: Fields, known: readonly string[]): Fields {
  const options = args["options"] ?? null;
  if (options === null) return {};
  if (!isFields(options)) throw invalid("the options must be an object");
  const unknown = Object.keys(options).filter((key) => !known.includes(key)).sort()[0];
  if (unknown === undefined) return options;
  throw invalid(`there is no option '${unknown.slice(0, 80)}'; there are ${known.join(", ")}`);
}

/** `Customer/cus_1`; the entity alone where the payload names no source id, which its ingest then says. */
function resourceOf(entity: string, documentType: string, payload: Value, options: Fields): string {
  if (!isFields(payload)) return entity;
  const key = options["idempotencyKey"];
  try {
    const found = sourceIdOf(documentType, payload, typeof key === "string" ? key : "", options["sourceId"] ?? null);
    return `${entity}/${found.slice(0, 200)}`;
  } catch {
    return entity;
  }
}
