"use strict";
/**
 * The runtime prelude: evaluated once, before the bundle, in the engine that runs guest code.
 *
 * The host defines `__backfill_host(text)`; this script takes it away from the global object and defines the
 * SDK's globals on top of it, `__backfill_modules(loaders)` for the bundle and `__backfill_main(text)` for the
 * host, which takes a handle to it and deletes it before the bundle is evaluated. Everything here is
 * convenience for the guest: the host trusts none of it and checks every call again.
 */

import names from "../../names.json";
import { api } from "./api";
import { Crypto, Entity, Http, Log, OAuth, Secrets, Settings, entityClass, ingest, verify } from "./capabilities";
import { main } from "./main";
import { declarationHelpers, keepLoaders } from "./modules";
import { define, deleteProperty, freeze } from "./primordials";
import "./random";
import { sync } from "./sync";

const globals: Record<string, object> = {
  api,
  Entity,
  Log,
  Http,
  Settings,
  Secrets,
  OAuth,
  ingest,
  sync,
  verify,
  Crypto,
  ...declarationHelpers,
};
for (const name of names.entities) globals[name] = entityClass(name);

const nothing = (): void => undefined;
globals["console"] = { debug: nothing, error: nothing, info: nothing, log: nothing, trace: nothing, warn: nothing };

for (const [name, value] of Object.entries(globals)) {
  for (const member of Object.values(value)) freeze(member);
  define(globalThis, name, freeze(value), false);
}

// Stack hooks hand out the functions of the frames above, the prelude's among them.
deleteProperty(Error, "prepareStackTrace");

define(globalThis, "__backfill_main", main, true);
define(
  globalThis,
  "__backfill_modules",
  (loaders: Record<string, () => unknown>): void => {
    deleteProperty(globalThis, "__backfill_modules");
    keepLoaders(loaders);
  },
  true,
);
