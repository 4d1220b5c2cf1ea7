/**
 * What the prelude uses of the language, taken before any guest code runs.
 *
 * A guest may replace `Array.prototype`, `Function.prototype.call`, `JSON` or `Object.prototype` members. Code
 * that runs after it therefore uses these bindings only, reads own properties only, loops by index, never
 * stores by index into an ordinary array, and gives every property descriptor a null prototype.
 */

type AnyFunction = (...args: any[]) => any;

const uncurryThis = Function.prototype.bind.bind(Function.prototype.call) as unknown as (
  method: AnyFunction,
) => AnyFunction;

export const { defineProperty, deleteProperty } = Reflect;
export const { freeze, hasOwn, keys } = Object;
export const { parse, stringify } = JSON;
export const { isArray } = Array;
export const { isInteger } = Number;
export const NativeError = Error;
/** ES2026, in the engine already: cannot be fooled by a `Symbol.hasInstance`. */
export const { isError } = Error as unknown as { isError: (value: unknown) => value is Error };

export const indexOf = uncurryThis(String.prototype.indexOf) as (
  text: string,
  part: string,
  from?: number,
) => number;
export const lastIndexOf = uncurryThis(String.prototype.lastIndexOf) as (text: string, part: string) => number;
export const repeat = uncurryThis(String.prototype.repeat) as (text: string, count: number) => string;
export const slice = uncurryThis(String.prototype.slice) as (text: string, from: number, to?: number) => string;
export const mapGet = uncurryThis(WeakMap.prototype.get) as <V>(
  map: WeakMap<object, V>,
  key: object,
) => V | undefined;
export const mapSet = uncurryThis(WeakMap.prototype.set) as <V>(
  map: WeakMap<object, V>,
  key: object,
  value: V,
) => void;

/** True for objects and functions: what a WeakMap can hold and what has properties. */
export function isObject(value: unknown): value is Record<string, any> {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Define an own property that does not show up in enumeration. */
export function define(target: object, name: string, value: unknown, changeable: boolean): void {
  defineProperty(target, name, {
    __proto__: null,
    value,
    enumerable: false,
    writable: changeable,
    configurable: changeable,
  } as PropertyDescriptor);
}
