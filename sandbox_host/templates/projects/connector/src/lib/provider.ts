/** The provider's API, and its objects as canonical ones. */

import { Http, type CustomerFields, type HttpResponse } from "@backfill-io/sdk";

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

/** GET a path of the API, such as `/account`. */
export function get<Body>(path: string, apiKey: string): HttpResponse<Body> {
  return Http.get<Body>(`${API}${path}`, { auth: { bearer: apiKey } });
}

export function customer(given: ProviderCustomer): CustomerFields & { source_id: string } {
  return { source_id: given.id, name: given.name, email: given.email };
}
