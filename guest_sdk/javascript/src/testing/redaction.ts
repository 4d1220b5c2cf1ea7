/** Secrets that a handler has read appear as `[secret:NAME]` in logs, calls and writes, as in the sandbox. */

import { HALF, type Value } from "./records/values";

const MIN_LENGTH = 8;

export class Redactor {
  private readonly forms = new Map<string, string>();

  /** From now on, hide `value` as the secret `name`. */
  learn(name: string, value: string): void {
    if ([...value].length < MIN_LENGTH) return;
    for (const form of formsOf(value)) if (!this.forms.has(form)) this.forms.set(form, name);
  }

  /** The names of the secrets that appear in `text`, in any form. */
  namesIn(text: string): Set<string> {
    return new Set([...this.forms].filter(([form]) => text.includes(form)).map(([, name]) => name));
  }

  text(text: string): string {
    const longestFirst = [...this.forms].sort(([a], [b]) => b.length - a.length);
    return longestFirst.reduce((shown, [form, name]) => shown.replaceAll(form, `[secret:${name}]`), text);
  }

  value(value: Value): Value {
    if (this.forms.size === 0) return value;
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((each) => this.value(each));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.text(key), this.value(each)]));
  }
}

function formsOf(value: string): string[] {
  // RFC 3986 leaves fewer characters alone than encodeURIComponent does.
  const strict = encodeURIComponent(value.replace(new RegExp(HALF, "g"), "?")).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const forms = new Set([value, strict, strict.replaceAll("%20", "+"), JSON.stringify(value).slice(1, -1)]);
  for (const form of [...forms]) forms.add(form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  const length = Buffer.from(value, "utf8").length;
  for (let shift = 0; shift < 3; shift++) {
    // A group of three bytes gives four characters; those that hold only the secret's own bytes are the same
    // wherever the secret stands.
    const text = Buffer.from("\0".repeat(shift) + value, "utf8").toString("base64").replaceAll("=", "");
    const start = shift === 0 ? 0 : Math.ceil((shift * 4) / 3);
    const kept = text.slice(start, (shift + length) % 3 === 0 ? undefined : -1);
    forms.add(kept).add(kept.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return [...forms].filter((form) => form.length >= MIN_LENGTH);
}
