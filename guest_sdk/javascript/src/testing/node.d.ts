/** What this folder uses of Node, so that checking it needs no package of types. */

declare module "node:crypto" {
  interface Digest {
    update(data: Uint8Array | string): Digest;
    digest(encoding: "hex" | "base64" | "base64url"): string;
  }
  export function createHash(algorithm: "sha256"): Digest;
  export function createHmac(algorithm: "sha256", key: Uint8Array | string): Digest;
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  export function randomUUID(): string;
  export function randomInt(max: number): number;
}

declare module "node:fs" {
  export function appendFileSync(path: string, text: string): void;
  export function existsSync(path: URL | string): boolean;
  export function readdirSync(
    path: string,
    options: { withFileTypes: true },
  ): { readonly name: string; isDirectory(): boolean }[];
  export function readFileSync(path: URL | string, encoding: "utf8"): string;
  export function statSync(path: URL, options: { throwIfNoEntry: false }): { isFile(): boolean } | undefined;
}

declare module "node:module" {
  export interface Resolved {
    url: string;
    format?: string | undefined;
    shortCircuit?: boolean;
  }
  export interface Loaded {
    source: string;
    format: string;
    shortCircuit?: boolean;
  }
  export function registerHooks(hooks: {
    resolve(specifier: string, context: { parentURL?: string }, next: (specifier: string) => Resolved): Resolved;
    load(url: string, context: object, next: (url: string) => Loaded): Loaded;
  }): void;
  export function createRequire(url: string): (path: string) => unknown;
  export function stripTypeScriptTypes(
    code: string,
    options?: { mode: "transform"; sourceMap: true; sourceUrl: string },
  ): string;
}

declare module "node:url" {
  export function fileURLToPath(url: string): string;
  export function pathToFileURL(path: string): URL;
}

declare module "node:vm" {
  export function compileFunction(
    code: string,
    parameters: readonly string[],
    options: { filename: string },
  ): (...values: unknown[]) => void;
}

declare module "node:worker_threads" {
  export class MessagePort {
    postMessage(message: unknown): void;
    unref(): void;
  }
  export class MessageChannel {
    readonly port1: MessagePort;
    readonly port2: MessagePort;
  }
  export class Worker {
    constructor(
      script: URL,
      options: { workerData: unknown; transferList: MessagePort[]; execArgv: readonly string[] },
    );
    unref(): void;
    terminate(): Promise<number>;
  }
  export const workerData: unknown;
  export function receiveMessageOnPort(port: MessagePort): { readonly message: unknown } | undefined;
}

declare class URL {
  constructor(url: string, base?: string | URL);
  readonly href: string;
}

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

declare class TextDecoder {
  constructor(encoding: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}

declare const process: {
  readonly env: Record<string, string | undefined>;
  readonly argv: readonly string[];
  readonly pid: number;
  readonly version: string;
  cwd(): string;
  setSourceMapsEnabled(enabled: boolean): void;
};

declare const Buffer: {
  from(text: string, encoding: "utf8" | "base64"): Uint8Array & { toString(encoding: "base64" | "utf8"): string };
};

interface ImportMeta {
  readonly url: string;
}

declare function structuredClone<T>(value: T): T;
