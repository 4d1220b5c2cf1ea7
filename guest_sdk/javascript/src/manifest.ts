/** The manifest, `backfill.config.ts`: what `defineExtension` and `defineConnector` take. */

import type { DocumentWithLines, StandardEntity } from "./declarations";
import type { Json } from "./capabilities";
import type { RouteAuth } from "./routes";

export type Verb = "read" | "write";

/** Everything the code may do. What is not listed here is refused. */
export interface Permissions {
  /** By entity, custom ones included. */
  entities?: { [Entity in StandardEntity]?: readonly Verb[] } & { [customEntity: string]: readonly Verb[] };
  /**
   * `https://HOST/PATH`. A leading `*.` of the host matches one or more labels; a `*` after the path's last `/`
   * matches any remainder. With `{url, reads}` the methods named only read there, which matters under observation.
   */
  http?: readonly (`https://${string}` | HttpPermission)[];
  /** Names match `^[a-z][a-z0-9_]{0,62}$`. */
  secrets?: { [name: string]: readonly Verb[] };
  /** Once a secret is named here, its value may be sent to these hosts only. */
  secretHosts?: { [name: string]: readonly string[] };
}

export interface HttpPermission {
  url: `https://${string}`;
  reads?: readonly ("POST" | "PUT" | "PATCH" | "DELETE")[];
}

/** A page of the extension's own. Without `nav` it has no entry in the sidebar. */
export interface PageConfig {
  id: string;
  title: string;
  /** A segment in the extension's namespace. */
  path: string;
  /** The `.tsx` file. */
  render: string;
  kind?: "page" | "settings" | "list" | "dashboard" | "detail";
  /** The page to go back to; required where `kind` is `detail`. */
  parentPage?: string;
  access?: { roles?: readonly string[] };
  /** The same as `access: {roles: ["admin"]}`; give one of the two. */
  adminOnly?: boolean;
  nav?: { label: string; section?: string; order?: number };
}

/** Give one of `equals` and `in`. */
export interface VisibleWhen {
  field: string;
  equals?: Json;
  in?: readonly Json[];
}

/** A tab or side panel on an entity's page. */
export interface ContributionConfig {
  id: string;
  label: string;
  entity: string;
  /** The `.tsx` file. */
  render: string;
  icon?: string;
  order?: number;
  visibleWhen?: VisibleWhen;
}

/** A button on a page of the extension's own (`page`) or on an entity's header (`entity`). `run` and `render` both
 * name its script. */
export interface ActionConfig {
  id: string;
  label: string;
  page?: string;
  entity?: string;
  run?: string;
  render?: string;
  icon?: string;
  order?: number;
  visibleWhen?: VisibleWhen;
}

/** A read-only column in the host's line table that shows one of the extension's line fields. */
export interface LineColumnConfig {
  id: string;
  label: string;
  entity: DocumentWithLines;
  lineCollection: "line_items";
  /** The key of a field in `src/fields/<Entity>.ts`. */
  field: string;
  /** Pixels. */
  width?: number;
  order?: number;
  visibleWhen?: VisibleWhen;
}

export interface UiConfig {
  tabs?: readonly ContributionConfig[];
  panels?: readonly ContributionConfig[];
  actions?: readonly ActionConfig[];
  lineColumns?: readonly LineColumnConfig[];
}

export interface ExtensionManifest {
  /** Unique: lower-case letters, digits, `-` and `_`. */
  key: string;
  name: string;
  version?: string;
  permissions?: Permissions;
  /** Defaults of the settings; plain JSON that admins see. */
  config?: { readonly [key: string]: Json };
  pages?: readonly PageConfig[];
  ui?: UiConfig;
  /** What is new, for the admin who upgrades. */
  changes?: string;
  /** Why it needs its permissions. */
  purpose?: string;
}

/** A route of the connector's own: `/setup/test_connection` is `src/api/setup/test_connection.ts`. */
export interface RouteReference {
  route: string;
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
}

/** A field of the connection form: JSON Schema with two additions. */
export interface SettingsField {
  type: "string" | "number" | "integer" | "boolean" | "object" | "array";
  title?: string;
  description?: string;
  default?: Json;
  enum?: readonly Json[];
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  /** Entered as a password and kept as a secret of the field's name: `Secrets.get("api_key")`. */
  "x-secret"?: boolean;
  "x-placeholder"?: string;
  [keyword: string]: unknown;
}

export interface SettingsSchema {
  type?: "object";
  required?: readonly string[];
  properties: { [field: string]: SettingsField };
  [keyword: string]: unknown;
}

/** An authorization-code provider. The host owns state, callback, tokens and refresh. */
export interface OAuthConfig {
  type: "authorization_code";
  /** May hold `{settings.<key>}`. */
  authorizationUrlTemplate: string;
  tokenUrlTemplate: string;
  scopes?: readonly string[];
  accessType?: "offline" | "online";
  pkce?: boolean;
  /** Settings that must be there before the admin can connect. */
  requiredSettings?: readonly string[];
  /** Names an OAuth app that the host holds. */
  client: { credentialKey: string };
  /** Paths into the token response. */
  token?: { accessTokenPath?: string; scopePath?: string };
  refresh?: { enabled?: boolean };
  postConnect?: RouteReference;
  /** Pins a setting that is part of a host. */
  hostValidation?: { [setting: string]: { suffix: string; normalize?: string } };
}

export interface ConnectionConfig {
  /** Called with the entered values in `request.body`; 200 means that they work. */
  testConnection?: RouteReference;
  setup?: {
    /** `<tenant_id>` and `<connection_id>` are filled in. */
    webhookUrlTemplate?: string;
    instructions?: string;
  };
  settingsSchema?: SettingsSchema;
  oauth?: OAuthConfig;
}

/**
 * A kind of data that the connector brings in. `poll` and `backfill` streams have a route
 * `src/api/sync/<key>.ts` with a `POST`.
 */
export interface StreamConfig {
  /** Lower-case letters, digits and `_`. */
  key: string;
  mode: "poll" | "webhook" | "backfill";
  /** Five fields of cron, for `poll`. */
  schedule?: string;
}

export interface ConnectorManifest extends ExtensionManifest {
  /** What records carry as `source_system`. */
  provider: string;
  kind?: "source";
  connection?: ConnectionConfig;
  /** The one endpoint for the provider's deliveries; its route declares the same `auth`. */
  webhooks?: { endpoint: string; auth: RouteAuth };
  streams?: readonly StreamConfig[];
}
