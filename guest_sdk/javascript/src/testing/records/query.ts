/** Queries: understood once, then answered in memory as the host's database answers them. */

import { Refused, invalid } from "../errors";
import { includesOf, type Contract } from "./contract";
import { SYSTEM_TYPES, keyOf, type Row } from "./row";
import { compare, conform, isFields, orderKey, plain, type Value } from "./values";

type Key = string | number;

interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly key: Key | readonly Key[] | null;
}

interface Order {
  readonly field: string;
  readonly descending: boolean;
}

const OPERATORS = ["eq", "ne", "gt", "gte", "lt", "lte", "in"];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const MAX_OFFSET = 1_000_000;
const MAX_IN = 1000;

/** A query over the live records of one entity. */
export class Query {
  private readonly conditions: readonly Condition[];
  private readonly order: readonly Order[];
  private readonly limit: number;
  private readonly offset: number;

  /** Throws InvalidArgument naming the argument. */
  constructor(
    readonly contract: Contract,
    where: Value,
    orderBy: Value = null,
    limit: Value = null,
    offset: Value = null,
  ) {
    this.conditions = readConditions(contract, where);
    this.order = readOrder(contract, orderBy);
    this.limit = readCount("limit", limit, DEFAULT_LIMIT, MAX_LIMIT);
    this.offset = readCount("offset", offset, 0, MAX_OFFSET);
  }

  /** Every record that matches. */
  matching(rows: Iterable<Row>): Row[] {
    return [...rows].filter(
      (row) =>
        row.entity === this.contract.entity &&
        !row.deleted &&
        this.conditions.every((condition) => holds(condition, keyOf(this.contract, row, condition.field))),
    );
  }

  /** One page of those, in order. An absent field sorts last in both directions. */
  page(rows: Iterable<Row>): Row[] {
    const last = this.order.at(-1)?.descending === true;
    const terms = this.order.map(({ field, descending }) => (a: Row, b: Row): number => {
      const [left, right] = [keyOf(this.contract, a, field), keyOf(this.contract, b, field)];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return compare(left, right) * (descending ? -1 : 1);
    });
    const byId = (a: Row, b: Row): number => compare(a.id, b.id) * (last ? -1 : 1);
    const ordered = this.matching(rows).sort((a, b) => {
      for (const term of [...terms, byId]) {
        const order = term(a, b);
        if (order !== 0) return order;
      }
      return 0;
    });
    return ordered.slice(this.offset, this.offset + this.limit);
  }
}

/** include name → the field and the entity. Throws InvalidArgument naming what can be included. */
export function readInclude(contract: Contract, include: readonly string[]): Map<string, readonly [string, string]> {
  const known = includesOf(contract);
  const found = new Map<string, readonly [string, string]>();
  for (const name of include) {
    const place = known.get(name);
    if (place === undefined) {
      const names = [...known.keys()].join(", ") || "nothing";
      throw invalid(`include: ${contract.entity} can bring along ${names}, not '${name}'`);
    }
    found.set(name, place);
  }
  return found;
}

function holds(condition: Condition, key: Key | null): boolean {
  const wanted = condition.key;
  if (condition.operator === "eq") return key === wanted;
  if (condition.operator === "ne") return key !== wanted;
  if (condition.operator === "in") return key !== null && (wanted as readonly Key[]).includes(key);
  if (key === null) return false;
  const order = compare(key, wanted as Key);
  if (condition.operator === "gt") return order > 0;
  if (condition.operator === "gte") return order >= 0;
  return condition.operator === "lt" ? order < 0 : order <= 0;
}

function readConditions(contract: Contract, where: Value): Condition[] {
  if (where === null) return [];
  if (!isFields(where)) throw invalid("where is an object: field → value, or field → {operator: value}");
  return Object.entries(where).flatMap(([name, wanted]) => {
    const kind = typeOf(contract, name, "where");
    return Object.entries(isFields(wanted) ? wanted : { eq: wanted }).map(([operator, value]) => {
      if (!OPERATORS.includes(operator)) {
        throw invalid(`where.${name}: '${operator}' is not one of ${OPERATORS.join(", ")}`);
      }
      return { field: name, operator, key: readOperand(`where.${name}.${operator}`, kind, operator, value) };
    });
  });
}

function typeOf(contract: Contract, name: string, argument: string): string {
  const system = Object.hasOwn(SYSTEM_TYPES, name) ? SYSTEM_TYPES[name] : undefined;
  if (system !== undefined) return system;
  const indexed = [
    ...Object.entries(contract.fields).filter(([, spec]) => spec.index),
    ...Object.entries(contract.own ?? {}),
  ];
  const found = indexed.find(([field]) => field === name);
  if (found !== undefined) return found[1].type;
  const known = [...Object.keys(SYSTEM_TYPES), ...indexed.map(([field]) => field)].join(", ");
  throw invalid(`${argument}.${name}: not an indexed field of ${contract.entity}; these are: ${known}`);
}

function readOperand(path: string, kind: string, operator: string, value: Value): Key | readonly Key[] | null {
  if (operator === "in") {
    if (!Array.isArray(value) || value.length > MAX_IN) {
      throw invalid(`${path} is a list of at most ${MAX_IN.toLocaleString("en")} values`);
    }
    return value.map((each, index) => readOperand(`${path}[${index}]`, kind, "", each) as Key);
  }
  if (value === null && (operator === "eq" || operator === "ne")) return null;
  try {
    if (value === null) throw new RangeError(`null cannot be compared (${kind})`);
    plain(value, path);
    const kept = conform({ enum: "string", version: "integer" }[kind] ?? kind, value);
    return kind === "version" ? (kept as number) : orderKey(kind, kept);
  } catch (problem) {
    if (problem instanceof Refused) throw invalid(problem.message);
    throw invalid(`${path}: ${(problem as Error).message}`);
  }
}

function readOrder(contract: Contract, orderBy: Value): Order[] {
  if (orderBy === null || (Array.isArray(orderBy) && orderBy.length === 0)) {
    return [{ field: "_created_at", descending: true }];
  }
  if (!Array.isArray(orderBy)) {
    throw invalid('orderBy is a list such as [{"field": "issued_at", "direction": "asc"}]');
  }
  return orderBy.map((term, index) => {
    const field = isFields(term) ? term["field"] : undefined;
    if (!isFields(term) || typeof field !== "string") {
      throw invalid(`orderBy[${index}] is an object with a field and a direction`);
    }
    const direction = term["direction"] || "asc";
    const others = Object.keys(term).filter((key) => key !== "field" && key !== "direction");
    if ((direction !== "asc" && direction !== "desc") || others.length > 0) {
      throw invalid(`orderBy[${index}] has a field and a direction, "asc" or "desc", and nothing else`);
    }
    typeOf(contract, field, "orderBy");
    return { field, descending: direction === "desc" };
  });
}

function readCount(name: string, value: Value, usual: number, most: number): number {
  if (value === null) return usual;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) {
    throw invalid(`${name} is a whole number from 0 to ${most.toLocaleString("en")}`);
  }
  return value;
}
