"""What the host does about code that oversteps, code that is only watched, and a log that is touched."""

from __future__ import annotations

import json
from collections import Counter

from policies.audit import Broken, Verified
from policies.audit import verify as verify_log
from sandbox_host.audit import pinned_key
from sandbox_host.capabilities.base import Json
from sandbox_host.cli.demo.invoice_helper import (
    DISGUISED,
    KEY,
    PLAIN,
    READ_PAYMENTS,
    SEND_KEY,
    THIEF,
    write_invoice_helper,
)
from sandbox_host.cli.demo.narrator import Narrator
from sandbox_host.cli.demo.stage import CONNECTOR, WRONG_KEY, DemoFailed, Stage
from sandbox_host.cli.demo.step import Figures, answer, as_bytes, check
from sandbox_host.packages import BuildFailed
from sandbox_host.report import RunReport, WriteReport


def refused(stage: Stage, narrator: Narrator) -> Figures:
    """A useful extension that steals: caught in the build, and when it hides, caught in the act."""
    try:
        stage.build(write_invoice_helper(stage.folder / "plain", PLAIN))
    except BuildFailed as error:
        problem = str(error.problems[0])
    else:
        raise DemoFailed(f"the build did not see that {THIEF} is not declared")
    narrator.held("It writes the thief's address plainly: it cannot even be built.")
    narrator.quote(problem)
    stage.install(stage.build(write_invoice_helper(stage.folder / "disguised", DISGUISED)))
    run = stage.post(KEY, "/totals")
    outcomes = answer(run, 200, "the extension")["outcomes"]
    received = stage.thief.requests
    check(not any(stage.api_key.encode() in one.body for one in received), f"{THIEF} received the API key")
    check(not received, f"{THIEF} received {len(received)} requests")
    denied = [call for call in run.calls if call.decision == "deny"]
    made = [(call.capability, call.action, call.rule) for call in denied]
    wanted = [("http", "post", "unknown_host"), ("entity", "query", "unknown_entity")]
    check(made == wanted, f"the two calls were not both recorded as denied, but: {made}")
    check(outcomes == ["PermissionDenied"] * 2, f"the extension was told {outcomes}")
    narrator.held("It hides the address until it runs: it builds, and is caught in the act.")
    for code, outcome, call in zip((SEND_KEY, READ_PAYMENTS), outcomes, denied, strict=True):
        narrator.quote(code, "bold")
        narrator.quote(f"{outcome}: {call.reason}", "red")
    narrator.held(f"A server of ours waited in the thief's place ({stage.thief.url}). It received nothing.")
    return {
        "build_problem": problem,
        "denied": [
            {"call": f"{call.capability}.{call.action}", "resource": call.resource, "rule": call.rule}
            for call in denied
        ],
        "thief_received": len(received),
    }


def observe(stage: Stage, narrator: Narrator) -> Figures:
    """A page, a delivery and a request that would change something, all described and none performed."""
    event = _something_new(stage)
    narrator.say(
        "At Stripe a customer signed up and an invoice was paid. Invoice Helper wants to send another."
    )
    seen, before = len(stage.provider.requests), stage.books.tables()
    page = stage.post(CONNECTOR, "/sync/customers", mode="observe")
    answer(page, 200, "a page under observe")
    delivery = stage.post(CONNECTOR, "/webhooks/stripe", event, mode="observe", sign=True)
    answer(delivery, 202, "a delivery under observe")
    request = stage.post(KEY, "/send", mode="observe")
    answer(request, 200, "a request under observe")
    after = stage.books.tables()

    writes = _writes(page, delivery, request)
    committed = sum(write.committed for write in writes)
    check(committed == 0, f"{committed} writes were committed under observe")
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    check(not changed, f"these tables changed under observe: {', '.join(sorted(changed))}")
    methods = Counter(one.method for one in stage.provider.requests[seen:])
    sent = sum(count for method, count in methods.items() if method != "GET")
    check(sent == 0, f"the provider received {sent} requests that may change something")
    kinds = Counter((write.kind, write.entity) for write in writes)
    wanted = [("ingest", "Customer"), ("ingest", "Invoice"), ("ingest", "Payment"), ("http", None)]
    missing = [" ".join(filter(None, kind)) for kind in wanted if kinds[kind] != 1]
    check(not missing, f"not described as it should be: {', '.join(missing)}")
    narrator.table(("done", "what it would have done"), [_described(write) for write in writes])
    narrator.held(f"Stripe saw {methods['GET']} reads and nothing else.")
    narrator.held("Every table is as it was, to the byte.")
    shown = ("record", "record_version", "checkpoint")
    narrator.table(("table", "rows before", "rows after"), [
        (name, before[name].rows, after[name].rows) for name in shown
    ])  # fmt: skip
    return {
        "writes": len(writes),
        "committed": committed,
        "provider_reads": methods["GET"],
        "provider_writes": sent,
        "rows_before": dict[str, Json]({name: table.rows for name, table in before.items()}),
        "rows_after": dict[str, Json]({name: table.rows for name, table in after.items()}),
    }


def audit(stage: Stage, narrator: Narrator) -> Figures:
    """Export the log, verify it, change one bit, verify it again."""
    path = stage.folder / "audit.jsonl"
    with path.open("wb") as file:
        stage.state.audit.export(file)
    lines = path.read_bytes().splitlines(keepends=True)
    key = pinned_key(stage.state.folder)
    whole = verify_log(lines, key)
    if isinstance(whole, Broken):
        raise DemoFailed(f"the exported log was not verified: line {whole.line}: {whole.message}")
    ran = len(stage.reports) - 1
    check(whole.runs == ran, f"the log holds {whole.runs} runs, and there were {ran} and a forged delivery")
    shown = b"".join([*lines, *(report.model_dump_json().encode() for report in stage.reports)])
    secrets = (stage.api_key, WRONG_KEY, stage.webhook_secret)
    leaked = sum(secret.encode() in shown for secret in secrets)
    check(leaked == 0, f"{leaked} of {len(secrets)} secrets can be read in the log or in a report")
    denials = [place for place, line in enumerate(lines) if json.loads(line).get("decision") == "deny"]
    check(len(denials) == 2, f"the log holds {len(denials)} refused calls instead of 2")
    narrator.held(f"Exported and verified: {whole.records} records of {whole.runs} runs.")
    narrator.held("Both refused calls are in it, and no secret is.")

    place = denials[0]
    record = bytearray(lines[place])
    byte = record.index(b'"deny"') + 1
    record[byte] ^= 1
    lines[place] = bytes(record)
    broken = verify_log(lines, key)
    if isinstance(broken, Verified):
        raise DemoFailed("the log was verified although a byte of it was changed")
    check(broken.line == place + 1, f"line {place + 1} was changed, and verify blames line {broken.line}")
    word = record[byte : byte + 4].decode()
    narrator.held(f'Somebody flips one bit, so that "deny" reads "{word}". Verify names the record:')
    narrator.quote(f"Not verified. Line {broken.line}, {broken.record}: {broken.kind}.", "red")
    return {
        "records": whole.records,
        "runs": whole.runs,
        "denials": len(denials),
        "changed": {"line": place + 1, "byte": byte},
        "broken": {"line": broken.line, "kind": broken.kind, "record": broken.record},
    }


def _something_new(stage: Stage) -> bytes:
    """What happened at the provider meanwhile: a customer signed up, and an invoice was paid. Returns the
    event of the latter."""
    provider, moment = stage.provider, stage.stand_in.NOW + 120
    newcomer = {**provider.customers[1], "id": "cus_new", "name": "Margaret Hamilton", "created": moment}
    provider.customers.insert(0, newcomer)
    invoice = next(invoice for invoice in provider.invoices if invoice["charge"] is None)
    charge = {**provider.charges[0], "id": "ch_new", "invoice": invoice["id"], "amount": invoice["total"]}
    provider.charges.insert(0, charge)
    settled = {"status": "paid", "amount_paid": invoice["total"], "amount_remaining": 0, "charge": "ch_new"}
    return as_bytes(
        stage.stand_in.event("evt_demo_2", "invoice.paid", {**invoice, **settled}, created=moment)
    )


def _writes(*reports: RunReport) -> list[WriteReport]:
    return [write for report in reports for write in report.writes]


def _described(write: WriteReport) -> tuple[str, str]:
    done = "yes" if write.committed else "no"
    if write.kind == "ingest" and isinstance(write.data, dict):
        return done, f"ingest {write.entity} {write.data.get('source_id')}"
    if write.kind == "http":
        return done, f"{write.action.upper()} {write.id}"
    return done, f"{write.kind} {write.id}"
