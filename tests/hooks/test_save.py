"""`invoke hook:… --save`: the whole write around a hook, so that its author sees the merged record."""

from __future__ import annotations

import json

import pytest

from sandbox_host.cli import main
from sandbox_host.cli.inputs import InvalidInput

HOOKS = {
    "invoice/recalculate": "return { total_amount: String(Number(ctx.entity.subtotal || 0) + 1) };",
    "invoice/before-save": 'if (ctx.entity.memo === "no") throw new Error("no such memo");\n'
    "return { description: `${ctx.operation} ${ctx.changes} ${ctx.actor.type}:${ctx.actor.id} ${ctx.actor.root}` };",
    "invoice/after-save": 'Log.info("after " + ctx.entity.description + ctx.entity._version);',
    "invoice/before-delete": 'if (ctx.entity.memo === "keep") throw new Error("kept");',
    "invoice/after-delete": 'Log.info("gone " + Invoice.count());',
    "invoice/before-approve": 'if (ctx.entity.memo === "no") throw new Error("not this one");',
    "invoice/after-approve": 'Log.info("approved");',
}
NEW = {"id": "i1", "currency": "USD", "subtotal": "10", "memo": "a"}


def answer(report):
    assert report.response is not None, report.error
    return report.response.body


def messages(report):
    return [line.message for line in report.logs]


@pytest.fixture
def acme(project):
    return project(None, HOOKS)


def test_a_new_record_is_stored_as_its_hooks_made_it(acme):
    report = acme.save("Invoice:before_save", NEW)
    merged = answer(report)
    assert (merged["total_amount"], merged["source_id"], merged["_version"]) == ("11", "i1", 1)
    assert merged["description"] == "create currency,memo,subtotal,total_amount user:cli undefined"
    assert messages(report) == [f"after {merged['description']}1"]
    assert [(write.action, write.committed) for write in report.writes] == [("create", True)]
    assert acme.all("Invoice") == [merged]


def test_a_changed_record_is_stored_first_as_it_was(acme):
    previous = {**NEW, "memo": "before", "reference_number": "R1"}
    merged = answer(acme.save("Invoice:before_save", NEW, previous))
    assert merged["description"].startswith("update memo,reference_number,total_amount user:cli")
    assert (merged["memo"], "reference_number" in merged, merged["_version"]) == ("a", False, 2)


def test_a_record_that_is_there_is_changed_and_not_made_again(acme):
    first = answer(acme.save("Invoice:before_save", NEW))
    second = answer(acme.save("Invoice:before_save", {"id": "i1", "memo": "b"}))
    third = answer(acme.save("Invoice:before_save", {"id": first["id"], "memo": "c"}))
    assert (second["id"], third["id"]) == (first["id"], first["id"])
    assert (third["memo"], third["subtotal"], third["_version"]) == ("c", "10", 3)
    assert len(acme.all("Invoice")) == 1


def test_a_rejection_stores_nothing_and_names_the_author_s_line(acme):
    report = acme.save("Invoice:before_save", {**NEW, "memo": "no"}, NEW)
    assert (report.error.name, report.error.code) == ("HookRejected", "hook_rejected")
    assert report.error.message == "hook:Invoice:before_save rejected the write: no such memo"
    assert "src/hooks/invoice/before-save.ts:2" in report.error.stack
    assert acme.all("Invoice") == []


def test_what_breaks_the_contract_is_refused_before_any_hook(acme):
    report = acme.save("Invoice:before_save", {**NEW, "mem": "typo"})
    assert report.error.code == "validation_error" and "mem" in report.error.message
    assert report.calls == []


def test_a_deletion_and_an_approval_are_made_with_their_hooks(acme):
    kept = acme.save("Invoice:before_delete", {**NEW, "memo": "keep"})
    assert kept.error.message == "hook:Invoice:before_delete rejected the write: kept"
    gone = acme.save("Invoice:before_delete", NEW)
    assert answer(gone) is True and messages(gone) == ["gone 0"]
    draft = {**NEW, "id": "i2", "approval_status": "pending_approval"}
    approved = acme.save("Invoice:before_approve", draft)
    assert answer(approved)["approval_status"] == "approved"
    assert messages(approved)[1] == "approved"
    refused = acme.save("Invoice:before_approve", {**draft, "id": "i3", "memo": "no"})
    assert refused.error.code == "hook_rejected"


def test_under_observe_it_is_described_and_not_stored(acme):
    report = acme.save("Invoice:before_save", NEW, mode="observe")
    assert answer(report)["total_amount"] == "11"
    assert [write.committed for write in report.writes] == [False]
    assert acme.all("Invoice") == []


def test_without_save_the_hook_alone_runs(acme):
    report = acme.save("Invoice:before_save", NEW, save=False)
    assert answer(report).keys() == {"description"}
    assert acme.all("Invoice") == []


def test_save_belongs_to_a_hook(acme):
    with pytest.raises(InvalidInput, match="--save performs the write around a hook"):
        acme.route("all", "Invoice", save=True)


def test_the_command_prints_the_merged_record(project, acme, tmp_path, capsys, monkeypatch):
    arguments = ["invoke", str(tmp_path / "project1"), "hook:Invoice:before_save", "--save", "--json"]
    monkeypatch.setattr("sys.argv", ["backfill", *arguments, "--entity", json.dumps(NEW)])
    try:
        main()
    except SystemExit as end:
        assert not end.code
    report = json.loads(capsys.readouterr().out)
    assert report["response"]["body"]["total_amount"] == "11"
    assert report["writes"][0]["committed"] is True
