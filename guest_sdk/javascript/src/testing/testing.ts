/** What `@backfill-io/sdk/testing` is when it runs. */

export { connectorTestRuntime } from "./runtime";
