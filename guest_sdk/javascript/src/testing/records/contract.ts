/** Contracts: what a record of each entity holds, from the host's own contract files and the project's entities. */

import { invalid } from "../errors";
import { conform, isFields, type Fields, type Value } from "./values";

export const LINES = "line_items";

/** One field of a record or of a line: native, or declared by an extension. As in the host's contract files. */
export interface FieldSpec {
  readonly type: string;
  readonly required?: boolean;
  readonly index?: boolean;
  readonly enum?: readonly string[];
  readonly entity?: string | null;
  readonly include?: string | null;
  readonly default_from?: string | null;
  readonly items?: Specs | null;
  readonly default?: Value;
  readonly currency_field?: string | null;
}

export type Specs = Readonly<Record<string, FieldSpec>>;

type States = Readonly<Record<string, readonly (string | boolean | null)[]>>;

/** A named change of a record: from which states it may happen, and what it sets. */
export interface Action {
  readonly from?: States;
  readonly unless?: States;
  readonly set: Readonly<Record<string, string | boolean | null>>;
  /** Fields that take the time of the change. */
  readonly stamp?: readonly string[];
  /** Fields that take who made it. */
  readonly sign?: readonly string[];
  /** Fields that the caller may set along. */
  readonly accept?: readonly string[];
}

export interface Contract {
  readonly entity: string;
  readonly document_type: string;
  readonly fields: Specs;
  readonly line_fields?: Specs | null;
  readonly lines_required?: boolean;
  /** The debits of the lines equal their credits. */
  readonly lines_balance?: boolean;
  readonly actions?: Readonly<Record<string, Action>>;
  /** The project defines it. */
  readonly custom?: boolean;
  /** Indexed fields that the project declares on its records. */
  readonly own?: Specs;
}

/** The fields that an extension declares: on records, and on lines, by entity. */
export interface ExtensionFields {
  readonly entity: Readonly<Record<string, Specs>>;
  readonly line: Readonly<Record<string, Specs>>;
}

/** The contracts there are, by entity and by document type. */
export class Contracts {
  private readonly byEntity: ReadonlyMap<string, Contract>;
  private readonly byDocument: ReadonlyMap<string, Contract>;

  constructor(native: readonly Contract[], custom: readonly Contract[], fields: ExtensionFields) {
    const indexed = (entity: string): Specs =>
      Object.fromEntries(Object.entries(fields.entity[entity] ?? {}).filter(([, spec]) => spec.index));
    this.byEntity = new Map([...native, ...custom].map((one) => [one.entity, { ...one, own: indexed(one.entity) }]));
    this.byDocument = new Map(native.map((contract) => [contract.document_type, this.of(contract.entity)]));
  }

  of(entity: string): Contract {
    const found = this.byEntity.get(entity);
    if (found !== undefined) return found;
    throw invalid(`${entity} is not an entity with records here; there are ${listed(this.byEntity.keys())}`);
  }

  ofDocument(documentType: string): Contract {
    const found = this.byDocument.get(documentType);
    if (found !== undefined) return found;
    throw invalid(`'${documentType}' is not a document type; there are ${listed(this.byDocument.keys())}`);
  }
}

/** A custom entity's contract, from the fields of its declaration. */
export function customContract(name: string, declared: Readonly<Record<string, Record<string, any>>>): Contract {
  const fields = Object.entries(declared).map(([key, field]): [string, FieldSpec] => {
    const include = key.replace(/(_id|Id)$/, "");
    const named = field["type"] === "reference" && include !== key && include !== "" && !(include in declared);
    const spec: FieldSpec = {
      type: field["type"],
      required: field["required"] === true,
      index: field["index"] === true,
      enum: field["values"] ?? [],
      entity: field["entity"] ?? null,
      include: named ? include : null,
    };
    const initial: Value | undefined = field["default"];
    return [key, initial === undefined || initial === null ? spec : { ...spec, default: keep(spec, initial, key) }];
  });
  return { entity: name, document_type: name, fields: Object.fromEntries(fields), line_fields: null, custom: true };
}

/** Where an extension's author adds a field to it. */
export function fileOf(contract: Contract): string {
  return `src/${contract.custom ? "entities" : "fields"}/${contract.entity}.ts`;
}

/** What `include` may name → the field that holds the id, and the entity it is the id of. */
export function includesOf(contract: Contract): Map<string, readonly [string, string]> {
  const found = new Map<string, readonly [string, string]>();
  for (const [name, spec] of Object.entries(contract.fields)) {
    if (spec.include && spec.entity) found.set(spec.include, [name, spec.entity]);
  }
  return found;
}

/** `value` as this field keeps it. Throws RangeError naming the path, the value and the type. */
export function keep(spec: FieldSpec, value: Value, path: string): Value {
  let kept: Value;
  try {
    kept = conform(spec.type, value, spec.enum);
  } catch (problem) {
    throw new RangeError(`${path}: ${(problem as Error).message}`);
  }
  const { items } = spec;
  if (!items || !Array.isArray(kept)) return kept;
  return kept.map((item, index) => keepItem(items, item, `${path}[${index}]`));
}

function keepItem(specs: Specs, item: Value, path: string): Value {
  if (!isFields(item)) throw new RangeError(`${path} is not an object`);
  const kept: Fields = {};
  for (const [key, value] of Object.entries(item)) {
    const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
    if (!spec) throw new RangeError(`${path}.${key} is not a field here; there are ${listed(Object.keys(specs))}`);
    if (value !== null) kept[key] = keep(spec, value, `${path}.${key}`);
  }
  for (const [key, spec] of Object.entries(specs)) {
    if (spec.required && !(key in kept)) throw new RangeError(`${path}.${key} is required`);
  }
  return kept;
}

/** What a record of these values would have to be for the action; undefined where it can happen. */
export function refusal(action: Action, values: Fields): string | undefined {
  for (const [name, allowed] of Object.entries(action.from ?? {})) {
    if (!allowed.includes((values[name] ?? null) as string)) return `${name} must be ${states(allowed)}`;
  }
  for (const [name, refused] of Object.entries(action.unless ?? {})) {
    if (refused.includes((values[name] ?? null) as string)) return `${name} must not be ${states(refused)}`;
  }
  return undefined;
}

/** Every field that the action may set. */
export function fieldsOf(action: Action): string[] {
  return [...Object.keys(action.set), ...(action.stamp ?? []), ...(action.sign ?? []), ...(action.accept ?? [])];
}

function states(values: readonly (string | boolean | null)[]): string {
  const shown = values.map((value) => (value === null ? "not set" : JSON.stringify(value)));
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

function listed(names: Iterable<string>): string {
  return [...names].sort().join(", ");
}
