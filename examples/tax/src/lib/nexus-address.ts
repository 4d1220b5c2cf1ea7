/** What is entered of a nexus address, in the order of the form. */
export const FIELDS = [
  { name: "nexusName", label: "Name", required: true },
  { name: "street", label: "Street", required: true },
  { name: "city", label: "City", required: true },
  { name: "state", label: "State", required: true },
  { name: "postalCode", label: "Postal code", required: true },
  { name: "startsOn", label: "Starts on", required: false },
  { name: "rate", label: "Rate in percent", required: false },
] as const;

export type Entered = { [Name in (typeof FIELDS)[number]["name"]]?: string };

/** The address that was entered, trimmed; or the labels of what is missing. */
export function read(entered: Entered): { address: Record<string, string>; missing: string[] } {
  const address: Record<string, string> = {};
  const missing: string[] = [];
  for (const { name, label, required } of FIELDS) {
    const value = entered[name]?.trim();
    if (value) address[name] = value;
    else if (required) missing.push(label);
  }
  return { address, missing };
}
