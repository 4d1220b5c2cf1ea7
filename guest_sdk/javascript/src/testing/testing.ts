/** What `@backfill-io/sdk/testing` is when it runs. */

import "./setup";

export { connectorTestRuntime } from "./runtime";
