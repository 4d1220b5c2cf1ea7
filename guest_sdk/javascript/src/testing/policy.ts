/** What the project's manifest allows, asked one call at a time: the host's rules, for one manifest. */

import type { ConnectorManifest, ExtensionManifest, Permissions, Verb } from "../manifest";
import { grants, grantsHost, type Url } from "./urls";

/** What `connectorTestRuntime` knows of a manifest. */
export type Manifest = Partial<ConnectorManifest> & Partial<ExtensionManifest>;

export interface Decision {
  readonly allowed: boolean;
  readonly rule: string;
  readonly reason: string;
}

const CONNECTOR_ONLY = ["sync", "ingest", "oauth"];

export class Policy {
  readonly isConnector: boolean;

  /** Without permissions everything is allowed; without a manifest it is a connector. */
  constructor(
    private readonly permissions: Permissions | undefined,
    manifest: Manifest | undefined,
  ) {
    this.isConnector = manifest === undefined || manifest.provider !== undefined;
  }

  /** May this capability be used at all? */
  capability(name: string): Decision {
    if (CONNECTOR_ONLY.includes(name) && !this.isConnector) {
      return deny("connector_only", `${name} exists in a connector only; see defineConnector`);
    }
    return allow("always", `${name} needs no permission`);
  }

  entity(entity: string, verb: Verb): Decision {
    return this.verb("entities", "entity", this.permissions?.entities ?? {}, entity, verb);
  }

  secret(name: string, verb: Verb): Decision {
    return this.verb("secrets", "secret", this.permissions?.secrets ?? {}, name, verb);
  }

  /** May `Secrets.list` speak of this one? */
  listsSecret(name: string): boolean {
    return this.permissions === undefined || Object.hasOwn(this.permissions.secrets ?? {}, name);
  }

  http(url: Url): Decision {
    if (this.permissions === undefined) return allow("always", "no permissions are given to this test");
    const patterns = (this.permissions.http ?? []).map((entry) => (typeof entry === "string" ? entry : entry.url));
    const index = patterns.findIndex((pattern) => grants(pattern, url));
    if (index !== -1) return allow(`permissions.http[${index}]`, `granted by ${patterns[index]}`);
    if (patterns.some((pattern) => grantsHost(pattern, url.host))) {
      return deny(
        "unknown_host",
        `permissions.http lists ${url.host}, but not this path or port; add it to the manifest`,
      );
    }
    const host = url.port === 443 ? url.host : `${url.host}:${url.port}`;
    return deny("unknown_host", `${host} is not in permissions.http; add "https://${host}/*" to the manifest`);
  }

  /** Does this method on this URL only read (`{url, reads}`)? */
  readsMethod(url: Url, method: string): boolean {
    return (this.permissions?.http ?? []).some(
      (entry) =>
        typeof entry !== "string" && grants(entry.url, url) && (entry.reads ?? []).some((each) => each === method),
    );
  }

  /** May this secret's value be sent to this host? */
  secretMayReach(name: string, host: string): boolean {
    const hosts = this.permissions?.secretHosts?.[name];
    return hosts === undefined || hosts.some((bound) => grantsHost(`https://${bound}`, host));
  }

  private verb(
    block: string,
    noun: string,
    granted: Readonly<Record<string, readonly Verb[] | undefined>>,
    name: string,
    verb: Verb,
  ): Decision {
    if (this.permissions === undefined) return allow("always", "no permissions are given to this test");
    const verbs = Object.hasOwn(granted, name) ? granted[name] : undefined;
    if (verbs === undefined) {
      const reason = `permissions.${block} does not list the ${noun} '${name.slice(0, 80)}'; add it to the manifest`;
      return deny(`unknown_${noun}`, reason);
    }
    if (!verbs.includes(verb)) {
      const reason = `permissions.${block}.${name} does not list "${verb}"; add it to the manifest`;
      return deny(`${verb}_not_granted`, reason);
    }
    return allow(`permissions.${block}.${name}`, `granted by permissions.${block}.${name}`);
  }
}

function allow(rule: string, reason: string): Decision {
  return { allowed: true, rule, reason };
}

function deny(rule: string, reason: string): Decision {
  return { allowed: false, rule, reason };
}
