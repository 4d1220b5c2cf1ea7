// What tests use of Node. It steps aside once @types/node is installed; add "node" to "types" in tsconfig.json then.

declare module "node:test" {
  export interface TestContext {
    readonly name: string;
    readonly signal: unknown;
    test(name: string, body: TestBody): Promise<void>;
    before(body: HookBody): void;
    after(body: HookBody): void;
    beforeEach(body: HookBody): void;
    afterEach(body: HookBody): void;
    diagnostic(message: string): void;
    skip(message?: string): void;
    todo(message?: string): void;
  }
  export interface TestOptions {
    concurrency?: boolean | number;
    only?: boolean;
    skip?: boolean | string;
    todo?: boolean | string;
    timeout?: number;
  }
  export type TestBody = (context: TestContext) => unknown;
  export type HookBody = () => unknown;

  interface Test {
    (name: string, body?: TestBody): Promise<void>;
    (name: string, options: TestOptions, body?: TestBody): Promise<void>;
    (body: TestBody): Promise<void>;
    skip(name: string, body?: TestBody): Promise<void>;
    todo(name: string, body?: TestBody): Promise<void>;
    only(name: string, body?: TestBody): Promise<void>;
  }
  interface Suite {
    (name: string, body?: () => unknown): Promise<void>;
    (name: string, options: TestOptions, body?: () => unknown): Promise<void>;
    skip(name: string, body?: () => unknown): Promise<void>;
    todo(name: string, body?: () => unknown): Promise<void>;
    only(name: string, body?: () => unknown): Promise<void>;
  }

  export const test: Test;
  export const it: Test;
  export const describe: Suite;
  export const suite: Suite;
  export function before(body: HookBody): void;
  export function after(body: HookBody): void;
  export function beforeEach(body: HookBody): void;
  export function afterEach(body: HookBody): void;
  export default test;
}

declare module "node:assert/strict" {
  type Thrown = RegExp | Error | object | ((error: any) => boolean);

  function assert(value: unknown, message?: string | Error): asserts value;
  namespace assert {
    function ok(value: unknown, message?: string | Error): asserts value;
    function equal<Value>(actual: unknown, expected: Value, message?: string | Error): asserts actual is Value;
    function strictEqual<Value>(actual: unknown, expected: Value, message?: string | Error): asserts actual is Value;
    function notEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function notStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function deepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function deepStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function match(text: string, pattern: RegExp, message?: string | Error): void;
    function doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void;
    function throws(body: () => unknown, expected?: Thrown, message?: string | Error): void;
    function doesNotThrow(body: () => unknown, message?: string | Error): void;
    function rejects(body: Promise<unknown> | (() => Promise<unknown>), expected?: Thrown, message?: string): Promise<void>;
    function doesNotReject(body: Promise<unknown> | (() => Promise<unknown>), message?: string | Error): Promise<void>;
    function fail(message?: string | Error): never;
  }
  export default assert;
}
