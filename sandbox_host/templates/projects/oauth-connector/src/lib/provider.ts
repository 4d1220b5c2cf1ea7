/** The provider's API, and its objects as canonical ones. */

import { Http, OAuth, type CustomerFields, type HostError, type HttpResponse } from "@backfill-io/sdk";

const API = "https://api.example.com/v1";

export interface ProviderCustomer {
  id: string;
  name: string;
  email: string | null;
}

export interface ProviderPage<Item> {
  data: Item[];
  next_cursor: string | null;
}

/** The connection's token, refreshed where it must be; null while it is not connected. */
export function accessToken(): string | null {
  try {
    return OAuth.accessToken();
  } catch (error) {
    if ((error as HostError).code === "not_available") return null;
    throw error;
  }
}

/** GET a path of the API, such as `/account`. */
export function get<Body>(path: string, token: string): HttpResponse<Body> {
  return Http.get<Body>(`${API}${path}`, { auth: { bearer: token } });
}

export function customer(given: ProviderCustomer): CustomerFields & { source_id: string } {
  return { source_id: given.id, name: given.name, email: given.email };
}
