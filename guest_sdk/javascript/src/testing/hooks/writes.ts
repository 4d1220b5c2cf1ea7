/**
 * The writes of one guest, each with the hooks that it sets off, in the host's order:
 *
 * 1. The write is understood: its types, its keys, its record. What is required may still be missing.
 * 2. `recalculate`, then `before_save`: each sees the draft as the ones before it left it; what it returns is merged.
 * 3. `before_post`, `before_approve` where the write makes the record posted or approved; for a delete, `before_delete`.
 * 4. The write is checked whole, and made. What the hooks wrote belongs to it.
 * 5. `after_*` wait until it is committed.
 */

import { Refused } from "../errors";
import type { IngestArguments, Item } from "../records/ingest";
import type { IngestAction, IngestOutcome } from "../records/documents";
import type { Records } from "../records/records";
import { isFields, type Fields, type Value } from "../records/values";
import type { Run } from "../run";
import type { Chain } from "./chain";
import { keyOf, labelOf, returnedFields, type Change, type Hook } from "./hook";

const SAVING = ["recalculate", "before_save"];
const TRANSITIONS = ["post", "approve"];

/** How one guest writes. `chain`: where it stands. `actor`: the guest, as hooks are told. */
export class HookedWrites {
  private readonly records: Records;

  constructor(
    private readonly run: Run,
    private readonly chain: Chain,
    private readonly actor: Fields,
  ) {
    this.records = run.world.records;
  }

  create(entity: string, attrs: Value): Fields {
    this.chain.check();
    const { records } = this;
    if (!this.any(entity) || !isFields(attrs)) return records.create(entity, attrs);
    const draftOf = (body: Fields): Fields => records.draft(entity, body);
    return this.run.whole(() => this.save(entity, null, attrs, draftOf, (body) => records.create(entity, body)));
  }

  update(entity: string, id: string, attrs: Value): Fields {
    this.chain.check();
    const { records } = this;
    if (!this.any(entity) || !isFields(attrs)) return records.update(entity, id, attrs);
    const draftOf = (body: Fields): Fields => records.draft(entity, body, id);
    const store = (body: Fields): Fields => records.update(entity, id, body);
    return this.run.whole(() => this.save(entity, records.get(entity, id, []), attrs, draftOf, store));
  }

  delete(entity: string, id: string): boolean {
    this.chain.check();
    return this.any(entity) ? this.run.whole(() => this.remove(entity, id)) : this.records.delete(entity, id);
  }

  action(entity: string, id: string, name: string, params: Value): Fields {
    this.chain.check();
    if (!this.any(entity)) return this.records.action(entity, id, name, params);
    return this.run.whole(() => this.act(entity, id, name, params));
  }

  ingest(documentType: string, given: IngestArguments, action: IngestAction): IngestOutcome {
    this.chain.check();
    const { entity } = this.run.world.contracts.ofDocument(documentType);
    if (!this.any(entity)) return this.records.documents.ingest(documentType, given, action);
    return this.run.whole(() => this.take(this.records.documents.item(documentType, given), action));
  }

  private save<Answer extends Fields>(
    entity: string,
    previous: Fields | null,
    attrs: Fields,
    draftOf: (body: Fields) => Fields,
    store: (body: Fields) => Answer,
  ): Answer {
    const merged = this.merged(entity, previous, attrs, draftOf(attrs), draftOf);
    const transitions = this.guard(entity, previous, merged.draft);
    const answer = store(merged.body);
    const record = this.records.get(entity, answer["id"] as string, []) as Fields;
    this.later(entity, ["save", ...transitions], { record, previous });
    return answer;
  }

  private take(item: Item, action: IngestAction): IngestOutcome {
    const { records } = this;
    const { documents } = records;
    const [duplicate, row] = documents.beforeItem(item);
    if (duplicate !== null) return duplicate;
    const { entity } = item.contract;
    const previous = row === undefined || row.deleted ? null : records.get(entity, row.id, []);
    return this.save(
      entity,
      previous,
      documents.bodyOf(item),
      (body) => documents.itemDraft(item, body, previous),
      (body) => documents.ingestItem(documents.withBody(item, body), action),
    );
  }

  private act(entity: string, id: string, name: string, params: Value): Fields {
    const { records } = this;
    const previous = records.get(entity, id, []);
    const after = records.tried(() => records.action(entity, id, name, params));
    const merged = this.merged(entity, previous, {}, after, (body) => ({ ...after, ...body }));
    const transitions = this.guard(entity, previous, merged.draft);
    const record = records.action(entity, id, name, params, merged.body);
    this.later(entity, ["save", ...transitions], { record, previous });
    return record;
  }

  private remove(entity: string, id: string): boolean {
    const previous = this.records.get(entity, id, []);
    if (previous === null) return this.records.delete(entity, id);
    const change = { record: previous, previous };
    this.fire(entity, "before_delete", change);
    const deleted = this.records.delete(entity, id);
    if (deleted) this.later(entity, ["delete"], change);
    return deleted;
  }

  /** What is written and what comes of it, with what `recalculate` and `before_save` return. */
  private merged(
    entity: string,
    previous: Fields | null,
    attrs: Fields,
    first: Fields,
    draftOf: (body: Fields) => Fields,
  ): { body: Fields; draft: Fields } {
    let [body, draft] = [attrs, first];
    for (const [hook, chain] of SAVING.flatMap((event) => this.firing(entity, event, previous))) {
      const returned = this.run.fire(hook, { record: draft, previous }, chain, this.actor);
      const fields = returnedFields(hook, returned, draft);
      if (typeof fields === "string") throw new Refused("HookRejected", fields);
      if (Object.keys(fields).length === 0) continue;
      body = { ...body, ...fields };
      draft = mergeable(hook, () => draftOf(body));
    }
    return { body, draft };
  }

  /** Run the hooks before each transition that the write makes; answers which these are. */
  private guard(entity: string, previous: Fields | null, record: Fields): string[] {
    const made = TRANSITIONS.filter((name) => this.records.reaches(entity, name, previous, record));
    for (const name of made) this.fire(entity, `before_${name}`, { record, previous });
    return made;
  }

  private fire(entity: string, event: string, change: Change): void {
    for (const [hook, chain] of this.firing(entity, event, change.previous)) {
      this.run.fire(hook, change, chain, this.actor);
    }
  }

  private later(entity: string, events: readonly string[], change: Change): void {
    for (const event of events) {
      for (const [hook, chain] of this.firing(entity, `after_${event}`, change.record)) {
        this.run.after.later(hook, change, chain, this.actor);
      }
    }
  }

  /** The hooks that this guest's write sets off, each with its place in the chain. */
  private firing(entity: string, event: string, about: Fields | null): [Hook, Chain][] {
    const record = about === null ? null : String(about["id"]);
    return this.run.world.hooks
      .filter((hook) => hook.entity === entity && hook.event === event && !this.chain.isOwn(keyOf(hook), record))
      .map((hook) => [hook, this.chain.below(keyOf(hook), record)]);
  }

  private any(entity: string): boolean {
    return this.run.world.hooks.some((hook) => hook.entity === entity);
  }
}

/** What `draft` makes of what a hook returned. Throws HookRejected where that cannot be merged. */
export function mergeable(hook: Hook, draft: () => Fields): Fields {
  try {
    return draft();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    throw new Refused("HookRejected", `${labelOf(hook)} returned what cannot be merged: ${problem.message}`);
  }
}
