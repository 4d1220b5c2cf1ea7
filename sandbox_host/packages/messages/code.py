"""What can be wrong with a script: what it imports, what it asks for, what it does when it is loaded."""

from __future__ import annotations

from policies.messages import Message

SYNTAX = Message(
    "syntax",
    "{text}",
    'src/lib/client.ts:4: Unexpected "="',
    "The text is the compiler's; correct the line.",
)
BUNDLER_STOPPED = Message(
    "bundler-stopped",
    "the bundler stopped ({reason})",
    "backfill.config.ts: the bundler stopped (signal 9)",
    "Look for a file that is enormous or nested beyond reason.",
)
BUNDLER_MEMORY = Message(
    "bundler-memory",
    "the project's modules, with everything they import, need more than the bundler's {limit} GiB of memory",
    "backfill.config.ts: the project's modules, with everything they import, need more than the bundler's 4 GiB "
    "of memory",
    "Import less, and look for a file that is enormous or nested beyond reason.",
)
BUNDLER_SLOW = Message(
    "bundler-slow",
    "bundling took more than {seconds} seconds",
    "backfill.config.ts: bundling took more than 0 seconds",
    "Import less.",
)
UNSUPPORTED_IMPORT = Message(
    "unsupported-import",
    'Unsupported import "{spec}" - supported are .ts, .tsx, .js and .json files of the project, '
    'pure JavaScript packages listed in "dependencies", and @backfill-io/sdk',
    'src/lib/client.ts:1: Unsupported import "./a.css" - supported are .ts, .tsx, .js and .json '
    'files of the project, pure JavaScript packages listed in "dependencies", and @backfill-io/sdk',
    "Styles, images and native code have no place in a sandbox.",
)
INSTEAD_OF_MODULE = Message(
    "use-instead",
    'Unsupported import "{spec}" - not in a sandbox; use {instead}',
    'src/lib/client.ts:2: Unsupported import "node:crypto" - not in a sandbox; use Crypto: '
    "hmacSha256, sha256, randomUUID, timingSafeEqual; verify.* for webhooks",
    "Use what the message names.",
)
COMPUTED_IMPORT = Message(
    "computed-import",
    'Unsupported import "{spec}" - write a static import of one file',
    'src/lib/client.ts:1: Unsupported import "import(...)" - write a static import of one file',
    "Import every file that may be needed, and choose between the values.",
)
DYNAMIC_IMPORT = Message(
    "dynamic-import",
    'Unsupported import "{spec}" - write a static import; nothing is loaded while code runs',
    'src/lib/client.ts:1: Unsupported import "./other" - write a static import; nothing is loaded '
    "while code runs",
    "Write `import` at the top of the file.",
)
SDK_PATH = Message(
    "sdk-path",
    'Unsupported import "{spec}" - import from "@backfill-io/sdk" instead',
    'src/lib/client.ts:1: Unsupported import "@backfill-io/sdk/testing" - import from '
    '"@backfill-io/sdk" instead',
    "The test runtime belongs into tests, which are not part of a package.",
)
NOT_INSTALLED = Message(
    "not-installed",
    'Unsupported import "{spec}" - "{name}" is not installed; run npm install',
    'src/lib/client.ts:1: Unsupported import "left-pad" - "left-pad" is not installed; run npm install',
    "Install the packages of `package.json` before building.",
)
NOT_A_DEPENDENCY = Message(
    "not-a-dependency",
    'Unsupported import "{spec}" - add "{name}" to "dependencies" in package.json, or write ./ before a file',
    'src/lib/client.ts:1: Unsupported import "left-pad" - add "left-pad" to "dependencies" in '
    "package.json, or write ./ before a file",
    "Only production dependencies become part of a package.",
)
TSCONFIG_PATH = Message(
    "tsconfig-path",
    'Unsupported import "{spec}" - tsconfig "paths" are not used; write a relative path',
    'src/lib/client.ts:1: Unsupported import "@/lib/x" - tsconfig "paths" are not used; write a '
    "relative path",
    "Write `../lib/x` in place of `@/lib/x`.",
)
NOT_FOUND = Message(
    "module-not-found",
    'cannot find "{spec}" (no module {target} in the project)',
    'src/lib/client.ts:1: cannot find "./missing" (no module src/lib/missing in the project)',
    "Correct the path, or add the file.",
)
OUTSIDE = Message(
    "outside-the-project",
    'import "{spec}" asks for inputs from outside the project; copy the file into the project',
    'src/lib/client.ts:1: import "/etc/passwd" asks for inputs from outside the project; copy the '
    "file into the project",
    "What is not in the folder is not part of it.",
)
OUTSIDE_INPUTS = Message(
    "outside-inputs",
    "inputs from outside the project were asked for; import less",
    "backfill.config.ts: inputs from outside the project were asked for; import less",
    "A dependency asks for files that are not its own; use another one.",
)
FOREIGN_GLOBAL = Message(
    "foreign-global",
    "{name} does not exist in a sandbox; use {instead}",
    "src/lib/client.ts:4: process does not exist in a sandbox; use Settings.get for configuration "
    "and Secrets.get for credentials",
    "Use what the message names.",
)
HOST_UNDECLARED = Message(
    "host-undeclared",
    'host "{host}" is not declared; add "https://{host}/*" to permissions.http',
    'src/lib/client.ts:3: host "api.acme.test" is not declared; add "https://api.acme.test/*" to '
    "permissions.http",
    "Declare the host, or correct the URL.",
)
HOST_UNREACHABLE = Message(
    "host-unreachable",
    '"https://{host}" cannot be reached: {reason}',
    'src/lib/client.ts:3: "https://169.254.169.254" cannot be reached: 169.254.169.254 is an IP '
    "address; only public host names can be reached",
    "Use the public name of the service.",
)
UNKNOWN_ENTITY_IN_CODE = Message(
    "unknown-entity-in-code",
    'unknown entity "{name}"{guess}',
    'src/lib/client.ts:4: unknown entity "Invoce"; did you mean "Invoice"?',
    "Use an entity of the platform, or define it in `src/entities`.",
)
UNKNOWN_DOCUMENT_TYPE = Message(
    "unknown-document-type",
    'unknown document type "{name}"{guess}',
    'src/lib/client.ts:4: unknown document type "custmer"; did you mean "customer"?',
    "A document type is an entity's name in lower snake case: `credit_memo`.",
)
THROWS = Message(
    "throws-while-loaded",
    "throws while it is loaded: {text}",
    "src/lib/client.ts:3: throws while it is loaded: cannot read property 'max' of null",
    "Do the work inside the handler; host calls and asynchronous work have no invocation behind them before.",
)
NOT_LOADED = Message(
    "not-loaded",
    "cannot be loaded, or a module that it imports: {reason}",
    "src/api/sync/customers.ts: cannot be loaded, or a module that it imports: the run used its 1000 ms of CPU",
    "Look for a loop or a large computation at the top level of the module; do the work inside the handler.",
)
NOT_EVALUATED = Message(
    "not-evaluated",
    "the project cannot be evaluated: {reason}",
    "backfill.config.ts: the project cannot be evaluated: the run used its 1000 ms of CPU",
    "Look for a getter of an export that loops, and for modules that are too large together.",
)
