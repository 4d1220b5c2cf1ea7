"""Lifecycles: which named changes a record goes through, from which states, and what they leave on it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_host.errors import Conflict, InvalidArgument, NotFound
from sandbox_host.records import contracts

DOCUMENT = {"status": "open", "currency": "USD", "total_amount": "5"}
BILL_PAYMENT = {"vendor_id": "v", "amount": "5", "currency": "USD", "status": "pending"}
TRANSFER = {
    "amount": "5", "currency": "USD", "transfer_date": "2026-01-01", "from_account_id": "1",
    "to_account_id": "2", "status": "draft",
}  # fmt: skip
ENTRY = {"entry_date": "2026-01-01", "status": "draft", "line_items": [{"line_key": "a", "account_id": "1"}]}
EXPENSE = {"amount": "5", "currency": "USD", "status": "open"}

LIVES = [
    ("Invoice", {}, ["submit", "reject", "submit", "approve", "post", "void"]),
    ("CreditMemo", DOCUMENT, ["submit", "approve", "post", "apply", "void"]),
    ("SalesReceipt", DOCUMENT, ["post", "void"]),
    ("RefundReceipt", DOCUMENT, ["approve", "post", "void"]),
    ("VendorBill", DOCUMENT, ["submit", "approve", "post", "void"]),
    ("VendorCredit", DOCUMENT, ["approve", "apply", "post", "void"]),
    ("Expense", EXPENSE, ["submit", "reject", "submit", "approve", "post", "void"]),
    ("Quote", DOCUMENT, ["submit", "approve", "send", "accept", "void"]),
    ("SalesOrder", DOCUMENT, ["approve", "fulfill", "close", "reopen", "void"]),
    ("PurchaseOrder", DOCUMENT, ["approve", "receive", "reopen", "close", "void"]),
    ("Payment", {"amount": "5", "currency": "USD", "status": "succeeded"}, ["post", "void"]),
    ("BillPayment", BILL_PAYMENT, ["submit", "approve", "complete", "post", "void"]),
    ("Deposit", {**DOCUMENT, "status": "pending"}, ["deposit", "post", "void"]),
    ("BankTransfer", TRANSFER, ["approve", "post", "void"]),
    ("JournalEntry", ENTRY, ["submit", "approve", "post", "request_reversal", "reverse"]),
    ("Account", {"name": "Cash", "type": "asset"}, ["deactivate", "activate"]),
    ("Customer", {"name": "Ada"}, ["deactivate", "activate"]),
    ("Item", {"name": "Nut"}, ["deactivate", "activate"]),
    ("Vendor", {"name": "Bolt Ltd"}, ["deactivate", "activate"]),
]

REFUSED = [
    ("Invoice", {"status": "void"}, "submit", 'cannot submit: status must not be "void"'),
    ("Invoice", {"approval_status": "approved"}, "submit",
     'cannot submit: approval_status must be not set, "draft" or "rejected"'),
    ("Invoice", {"approval_status": "rejected"}, "approve", "cannot approve: approval_status must be "),
    ("Invoice", {}, "reject", 'cannot reject: approval_status must be "pending_approval"'),
    ("Invoice", {"approval_status": "draft"}, "post",
     'cannot post: approval_status must be not set or "approved"'),
    ("Invoice", {"posting_status": "posted"}, "post", 'cannot post: posting_status must be not set or "unposted"'),
    ("Invoice", {"status": "void"}, "void", 'cannot void: status must not be "void"'),
    ("CreditMemo", {**DOCUMENT, "status": "applied"}, "apply", 'must be "open" or "partially_applied"'),
    ("Deposit", {**DOCUMENT, "status": "deposited"}, "deposit", 'status must be "pending"'),
    ("BillPayment", {**BILL_PAYMENT, "approval_status": "rejected"}, "complete", "approval_status must be"),
    ("BankTransfer", TRANSFER, "post", 'cannot post: status must be "approved"'),
    ("JournalEntry", {**ENTRY, "status": "posted"}, "void", 'cannot void: status must be "draft"'),
    ("JournalEntry", ENTRY, "reverse", 'cannot reverse: status must be "posted" or "pending_reversal"'),
    ("Quote", {**DOCUMENT, "status": "declined"}, "accept", 'status must not be "accepted", "declined", '),
    ("Customer", {"active": False}, "deactivate", "cannot deactivate: active must be not set or true"),
]  # fmt: skip


def test_every_entity_has_a_life_here() -> None:
    assert {entity for entity, *_ in LIVES} == contracts().keys()


@pytest.mark.parametrize(("entity", "document", "actions"), LIVES)
def test_a_record_goes_through_its_life(
    world: Any, entity: str, document: dict[str, Any], actions: list[str]
) -> None:
    unit = world.unit()
    record = unit.create(entity, document)["id"]
    for action in actions:
        after = unit.action(entity, record, action)
        sets = contracts()[entity].actions[action].sets
        assert {name: after[name] for name in sets} == sets
    unit.commit()
    versions = world.unit().history(entity, record)
    assert [each.action for each in versions] == ["create", *["action"] * len(actions)]


@pytest.mark.parametrize(("entity", "document", "action", "message"), REFUSED)
def test_a_record_in_a_wrong_state_is_left_as_it_is(
    world: Any, entity: str, document: dict[str, Any], action: str, message: str
) -> None:
    unit = world.unit()
    made = unit.create(entity, {**document, "source_id": "s_1"})
    with pytest.raises(Conflict) as caught:
        unit.action(entity, made["id"], action)
    assert caught.value.message.startswith(f"{entity} s_1: cannot {action}: ")
    assert message in caught.value.message
    assert unit.get(entity, made["id"]) == made
    assert len(unit.writes) == 1


def test_without_the_check_of_its_state_a_void_invoice_would_be_approved(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed."""
    unit = world.unit()
    record = unit.create("Invoice", {"status": "void"})["id"]
    monkeypatch.setattr(type(contracts()["Invoice"].actions["approve"]), "refusal", lambda *_: None)
    assert unit.action("Invoice", record, "approve")["approval_status"] == "approved"


def test_a_refusal_does_not_say_what_state_the_record_is_in(world: Any) -> None:
    """Who may write and not read must not read it there."""
    unit = world.unit()
    record = unit.create("Invoice", {"approval_status": "approved"})["id"]
    with pytest.raises(Conflict) as caught:
        unit.action("Invoice", record, "reject")
    assert "approved" not in caught.value.message


def test_a_change_leaves_its_time_and_its_author(world: Any) -> None:
    unit = world.unit()
    record = unit.create("BankTransfer", TRANSFER)["id"]
    after = unit.action("BankTransfer", record, "approve")
    assert (after["approved_at"][:10], after["approved_by"]) == ("2026-01-01", "user:ada")
    assert unit.writes[-1].data == {
        "status": "approved", "approved_at": after["approved_at"], "approved_by": "user:ada"
    }  # fmt: skip


def test_a_change_takes_the_parameters_that_it_has_and_no_others(world: Any) -> None:
    unit = world.unit()
    record = unit.create("Quote", DOCUMENT)["id"]
    with pytest.raises(
        InvalidArgument, match=r"Quote\.decline takes no parameter 'total_amount'; there are: decline_reason"
    ):
        unit.action("Quote", record, "decline", {"total_amount": "0"})
    with pytest.raises(InvalidArgument, match=r"Quote\.accept takes no parameter 'memo'; there are: none"):
        unit.action("Quote", record, "accept", {"memo": "x"})
    with pytest.raises(InvalidArgument, match="params is an object"):
        unit.action("Quote", record, "decline", ["x"])
    after = unit.action("Quote", record, "decline", {"decline_reason": "too dear"})
    assert (after["status"], after["decline_reason"]) == ("declined", "too dear")


def test_a_change_of_nothing_and_an_unknown_change_are_named(world: Any) -> None:
    unit = world.unit()
    with pytest.raises(NotFound, match="there is no Invoice with the id 'nowhere'"):
        unit.action("Invoice", "nowhere", "void")
    with pytest.raises(InvalidArgument, match="Invoice has no action 'launch'; there are: submit, approve"):
        unit.action("Invoice", "nowhere", "launch")
