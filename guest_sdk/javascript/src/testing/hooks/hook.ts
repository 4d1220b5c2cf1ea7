/** Hooks of the project, and what one is told. */

import { SYSTEM_TYPES } from "../records/row";
import { canonical, type Fields, type Value } from "../records/values";

/** A hook of the project. `event`: its id, `before_save`. */
export interface Hook {
  readonly entity: string;
  readonly event: string;
  readonly file: string;
}

/** A record before and after a write. `previous`: null where it is new; for a delete, the record too. */
export interface Change {
  readonly record: Fields;
  readonly previous: Fields | null;
}

export const keyOf = ({ entity, event }: Hook): string => `${entity}:${event}`;
export const labelOf = (hook: Hook): string => `hook:${keyOf(hook)}`;

/** Does what this hook throws reject the write? */
export const rejects = ({ event }: Hook): boolean => !event.startsWith("after_");

/** Is what this hook returns merged into the draft? */
export const merges = ({ event }: Hook): boolean => event === "before_save" || event === "recalculate";

/** The hook's context. */
export function contextOf(hook: Hook, { record, previous }: Change, actor: Fields): Fields {
  const operation = hook.event.endsWith("_delete") ? "delete" : previous === null ? "create" : "update";
  const changes = changedFields(record, previous ?? {});
  return { entity: record, entityType: hook.entity, operation, previous, changes, actor };
}

/** What a hook returned, as the fields that it sets to something else; or why it is nothing to merge. */
export function returnedFields(hook: Hook, returned: Value, draft: Fields): Fields | string {
  if (returned === null) return {};
  if (typeof returned !== "object" || Array.isArray(returned)) {
    const kind = Array.isArray(returned) ? "a list" : shown(returned);
    return `${labelOf(hook)} returned ${kind}; it returns an object of fields to merge, or null`;
  }
  const set = Object.entries(returned).filter(([name, value]) => !same(draft[name] ?? null, value));
  return Object.fromEntries(set);
}

function changedFields(record: Fields, before: Fields): string[] {
  const names = [...new Set([...Object.keys(record), ...Object.keys(before)])].filter(
    (name) => !Object.hasOwn(SYSTEM_TYPES, name),
  );
  return names.filter((name) => !same(record[name] ?? null, before[name] ?? null)).sort();
}

function same(a: Value, b: Value): boolean {
  return canonical(a) === canonical(b);
}

/** As the host writes a plain value. */
function shown(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return (typeof value === "string" ? `'${value}'` : String(value)).slice(0, 40);
}
