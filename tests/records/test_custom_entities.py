"""Custom entities: what an extension defines, keeps, and finds again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from sandbox_host.db.tables import InstallRow
from sandbox_host.errors import (
    Conflict,
    InvalidArgument,
    NotAvailable,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from sandbox_host.installs import ensure_install, set_status
from sandbox_host.records import ExtensionSchema
from sandbox_host.records.registry import SchemaRefused, check, take_up

NEXUS: dict[str, Any] = {
    "nexusName": {"type": "string", "required": True, "index": True},
    "country": {"type": "string", "default": "US", "required": True},
    "active": {"type": "boolean", "default": True, "index": True},
    "startsOn": {"type": "date", "index": True},
    "checkedAt": {"type": "datetime", "index": True},
    "status": {"type": "enum", "values": ["draft", "active", "archived"], "default": "draft", "index": True},
    "customerId": {"type": "reference", "entity": "Customer", "index": True},
    "recordId": {"type": "reference", "entity": "TaxRecord"},
    "rate": {"type": "decimal", "index": True},
    "weight": {"type": "number", "index": True},
    "notes": {"type": "json", "default": {"tags": []}},
}
TAX_RECORD: dict[str, Any] = {"amount": {"type": "decimal"}, "label": {"type": "string"}}
FULL = {
    "nexusName": "Austin", "country": "CA", "active": False, "startsOn": "2026-02-28",
    "checkedAt": "2026-02-28T10:30", "status": "active", "customerId": "cus_1", "recordId": "r_1",
    "rate": "8.250", "weight": 1.5, "notes": {"tags": ["a"], "n": None},
}  # fmt: skip


def schema(nexus: dict[str, Any] | None = None, **fields: Any) -> ExtensionSchema:
    return ExtensionSchema.declared(
        fields, {"NexusAddress": NEXUS if nexus is None else nexus, "TaxRecord": TAX_RECORD}
    )


SCHEMA = schema()


@pytest.fixture
def tax(world: Any, plugin: Any) -> Any:
    """Makes units of work of the tax extension, whose version was taken up."""

    def unit(version: ExtensionSchema = SCHEMA, ends: str = "atomic", **options: Any) -> Any:
        if not options.get("observe"):
            take_up(world.db, "acme", plugin.install, version)
        return world.unit(ends, origin=plugin, fields=version, **options)

    return unit


def test_a_record_of_every_type_is_created_read_updated_queried_and_versioned(tax: Any) -> None:
    unit = tax()
    made = unit.create("NexusAddress", FULL)
    unit.commit()
    unit = tax()
    assert unit.get("NexusAddress", made["id"]) == made
    assert {name: made[name] for name in FULL} == FULL
    assert (made["source_system"], made["connection_id"]) == ("tax", None)
    changed = unit.update("NexusAddress", made["id"], {"rate": 9, "startsOn": None})
    assert (changed["rate"], "startsOn" in changed, changed["_version"]) == ("9", False, 2)
    unit.commit()
    assert [one["id"] for one in tax().query("NexusAddress", {"rate": {"gt": "8.9"}})] == [made["id"]]
    assert [each.action for each in tax().history("NexusAddress", made["id"])] == ["create", "update"]
    unit = tax()
    assert unit.delete("NexusAddress", made["id"]) is True
    unit.commit()
    assert tax().count("NexusAddress") == 0


def test_an_absent_field_takes_its_default_when_the_record_is_made(tax: Any) -> None:
    unit = tax()
    made = unit.create("NexusAddress", {"nexusName": "Austin", "active": None})
    assert {name: made[name] for name in ("country", "active", "status", "notes")} == {
        "country": "US", "active": True, "status": "draft", "notes": {"tags": []},
    }  # fmt: skip
    assert "status" not in unit.update("NexusAddress", made["id"], {"status": None})
    with pytest.raises(ValidationError, match="country is required"):
        unit.update("NexusAddress", made["id"], {"country": None})


def test_one_records_default_is_not_another_records(tax: Any) -> None:
    unit = tax()
    first = unit.create("NexusAddress", {"nexusName": "a"})
    first["notes"]["tags"].append("x")
    assert unit.create("NexusAddress", {"nexusName": "b"})["notes"] == {"tags": []}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("nexusName", 7, "nexusName: 7 is not text (string)"),
        ("active", "yes", 'active: "yes" is not true or false (boolean)'),
        ("startsOn", "2026-02-30", 'startsOn: "2026-02-30" is not a date such as 2026-01-31 (date)'),
        ("checkedAt", "noon", 'checkedAt: "noon" is not an ISO 8601 time such as 2026-01-31T12:00:00Z (datetime)'),
        ("status", "gone", 'status: "gone" is not one of draft, active, archived (enum)'),
        ("customerId", "", 'customerId: "" is not the id of a record: text that is not empty, or a number (reference)'),
        ("rate", "8,25", 'rate: "8,25" is not a decimal such as "12.30" (decimal)'),
        ("weight", "1", 'weight: "1" is not a number (number)'),
        ("nexusname", "x", "nexusname is not a field of NexusAddress; declare it in src/entities/NexusAddress.ts"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_record_field_value_and_type(
    tax: Any, field: str, value: Any, message: str
) -> None:
    unit = tax()
    with pytest.raises(ValidationError) as caught:
        unit.create("NexusAddress", {**FULL, "source_id": "n_1", field: value})
    assert caught.value.message == f"NexusAddress n_1: {message}"
    assert unit.writes == []
    assert unit.count("NexusAddress") == 0


def test_a_required_field_without_a_default_must_be_given(tax: Any) -> None:
    with pytest.raises(ValidationError, match="NexusAddress n_1: nexusName is required"):
        tax().create("NexusAddress", {"source_id": "n_1"})


@pytest.mark.parametrize("moment", ["staged", "stored"])
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"status": "draft"}, ["a", "b"]),
        ({"active": False}, ["b"]),
        ({"rate": {"gt": "8.9", "lte": 10}}, ["b"]),
        ({"rate": "8.25"}, ["a"]),
        ({"weight": {"lt": 0}}, ["a"]),
        ({"startsOn": {"gte": "2026-01-02"}}, ["b"]),
        ({"checkedAt": {"lt": "2026-01-01T01:00:00+02:00"}}, ["a"]),
        ({"customerId": {"in": ["c1", "c2"]}}, ["a", "b"]),
        ({"status": {"ne": "draft"}}, ["c"]),
        ({"rate": None}, ["c"]),
        ({"nexusName": {"gt": "a"}, "_version": 1}, ["b", "c"]),
    ],
)
def test_where_has_the_same_rules_as_on_the_platforms_entities(
    tax: Any, moment: str, where: Any, found: list[str]
) -> None:
    unit = tax()
    days = {"a": "2026-01-01", "b": "2026-01-02"}
    for name, rate in (("a", "8.250"), ("b", "10")):
        unit.create(
            "NexusAddress",
            {
                "nexusName": name, "rate": rate, "startsOn": days[name], "active": name == "a",
                "weight": -1.5 if name == "a" else 2, "customerId": "c1" if name == "a" else "c2",
                "checkedAt": "2025-12-31T20:00" if name == "a" else "2026-01-01T00:00:00Z",
            },
        )  # fmt: skip
    unit.create("NexusAddress", {"nexusName": "c", "status": "archived"})
    if moment == "stored":
        unit.commit()
        unit = tax()
    order = [{"field": "nexusName", "direction": "asc"}]
    assert [one["nexusName"] for one in unit.query("NexusAddress", where, order)] == found
    assert unit.count("NexusAddress", where) == len(found)


def test_a_field_that_is_not_indexed_cannot_be_queried(tax: Any) -> None:
    with pytest.raises(
        InvalidArgument, match=r"where\.country: not an indexed field of NexusAddress; these are"
    ):
        tax().query("NexusAddress", {"country": "US"})


def test_include_brings_along_what_a_reference_means(tax: Any) -> None:
    unit = tax()
    customer = unit.create("Customer", {"name": "Ada"})["id"]
    record = unit.create("TaxRecord", {"amount": "1.00"})["id"]
    made = unit.create("NexusAddress", {"nexusName": "a", "customerId": customer, "recordId": record})["id"]
    unit.commit()
    found = tax().get("NexusAddress", made, ["customer", "record"])
    assert (found["customer"]["name"], found["record"]["amount"]) == ("Ada", "1.00")
    with pytest.raises(InvalidArgument, match="NexusAddress can bring along customer, record, not 'rate'"):
        tax().get("NexusAddress", made, ["rate"])


def test_a_custom_entity_has_no_actions_and_is_not_ingested(tax: Any) -> None:
    made = (unit := tax()).create("NexusAddress", FULL)["id"]
    with pytest.raises(InvalidArgument, match="NexusAddress has no action 'void'; there are: none"):
        unit.action("NexusAddress", made, "void")
    with pytest.raises(InvalidArgument, match="'NexusAddress' is not a document type"):
        unit.ingest("NexusAddress", FULL, "s", "k")


def test_a_source_id_is_taken_once(tax: Any) -> None:
    unit = tax()
    unit.create("TaxRecord", {"source_id": "t"})
    with pytest.raises(Conflict, match="TaxRecord with source_id 't' exists already"):
        unit.create("TaxRecord", {"source_id": "t"})


def test_a_custom_entity_can_carry_declared_fields(tax: Any) -> None:
    version = schema(entity={"NexusAddress": {"score": {"label": "S", "type": "number", "index": True}}})
    unit = tax(version)
    made = unit.create("NexusAddress", {"nexusName": "a", "score": 3})["id"]
    unit.commit()
    assert tax(version).query("NexusAddress", {"score": {"gte": 3}})[0]["id"] == made


def test_a_job_writes_it_at_once_and_records_can_be_lent(tax: Any, world: Any) -> None:
    unit = tax(ends="immediate")
    made = unit.create("TaxRecord", {"amount": "1"})["id"]
    assert tax().get("TaxRecord", made)["amount"] == "1"
    before = world.rows()
    unit = tax()
    unit.overlay({"TaxRecord": [{"id": "lent", "label": "x"}]})
    unit.update("TaxRecord", "lent", {"label": "y"})
    unit.commit()
    assert unit.get("TaxRecord", "lent")["label"] == "y"
    assert world.rows() == before


def test_under_observe_an_entity_that_is_nobodys_yet_is_empty_and_stays_so(tax: Any, world: Any) -> None:
    before = world.rows()
    unit = tax(observe=True)
    made = unit.create("NexusAddress", FULL)["id"]
    assert unit.query("NexusAddress", {"status": "active"})[0]["id"] == made
    unit.commit()
    assert world.rows() == before


def test_a_live_run_needs_the_entity_to_be_taken_up(world: Any, plugin: Any) -> None:
    unit = world.unit(origin=plugin, fields=SCHEMA)
    for use in (
        lambda: unit.create("TaxRecord", {}),
        lambda: unit.get("TaxRecord", "x"),
        lambda: unit.query("TaxRecord"),
        lambda: unit.overlay({"TaxRecord": [{}]}),
    ):
        with pytest.raises(NotAvailable, match="TaxRecord has no place in this workspace yet"):
            use()


def test_another_key_that_declares_the_name_is_refused(tax: Any, world: Any) -> None:
    made = (unit := tax()).create("TaxRecord", {"amount": "1"})["id"]
    unit.commit()
    other = world.origin.install
    for refuse in (check, take_up):
        with pytest.raises(SchemaRefused) as caught:
            refuse(world.db, "acme", other, SCHEMA)
        assert caught.value.problems == [
            (
                f"src/entities/{name}.ts",
                f"the entity {name} belongs to the extension tax of other; choose another name",
            )
            for name in ("NexusAddress", "TaxRecord")
        ]
    for observe in (False, True):
        unit = world.unit(fields=SCHEMA, observe=observe)
        for use in (
            lambda unit=unit: unit.get("TaxRecord", made),
            lambda unit=unit: unit.query("TaxRecord"),
            lambda unit=unit: unit.count("TaxRecord"),
            lambda unit=unit: unit.update("TaxRecord", made, {"amount": "2"}),
            lambda unit=unit: unit.delete("TaxRecord", made),
            lambda unit=unit: unit.history("TaxRecord", made),
        ):
            with pytest.raises(
                PermissionDenied, match="TaxRecord belongs to another extension of this workspace"
            ):
                use()


def test_without_the_check_of_its_owner_another_extension_would_read_it(
    tax: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard removed."""
    made = (unit := tax()).create("TaxRecord", {"amount": "1"})["id"]
    unit.commit()
    unit = world.unit(fields=SCHEMA)
    monkeypatch.setattr(unit, "_own", lambda *_: None)
    assert unit.get("TaxRecord", made)["amount"] == "1"


def test_a_reference_does_not_lead_into_another_extensions_entity(tax: Any, world: Any) -> None:
    made = (unit := tax()).create("TaxRecord", {"amount": "1"})["id"]
    unit.commit()
    spy = ExtensionSchema.declared(
        {}, {"Spy": {"recordId": {"type": "reference", "entity": "TaxRecord"}}, "TaxRecord": TAX_RECORD}
    )
    take_up(
        world.db,
        "acme",
        world.origin.install,
        ExtensionSchema.declared({}, {"Spy": {"recordId": {"type": "string"}}}),
    )
    unit = world.unit(fields=spy, observe=True)
    unit.create("Spy", {"recordId": made, "source_id": "s"})
    with pytest.raises(PermissionDenied):
        unit.query("Spy", include=["record"])


def test_an_id_of_another_entity_is_no_record_of_this_one(tax: Any) -> None:
    unit = tax()
    made = unit.create("Customer", {"name": "Ada"})["id"]
    assert unit.get("TaxRecord", made) is None
    with pytest.raises(NotFound):
        unit.update("TaxRecord", made, {"amount": "1"})


def test_tenants_do_not_meet_in_a_name(tax: Any, world: Any) -> None:
    tax().create("TaxRecord", {"amount": "1"})
    take_up(world.db, "globex", world.other_tenant.install, SCHEMA)
    assert world.unit(origin=world.other_tenant, fields=SCHEMA).query("TaxRecord") == []


def test_data_left_by_an_uninstall_is_taken_up_again(tax: Any, world: Any, plugin: Any) -> None:
    made = (unit := tax()).create("TaxRecord", {"amount": "1"})["id"]
    unit.commit()
    set_status(world.db, "acme", plugin.install, "removed")
    stranger = ensure_install(world.db, "acme", "stranger", publisher="other", now=world.clock())
    with pytest.raises(SchemaRefused, match="belongs to the extension tax of other"):
        take_up(world.db, "acme", stranger.id, SCHEMA)
    set_status(world.db, "acme", plugin.install, "active")
    more = ExtensionSchema.declared({}, {"TaxRecord": {**TAX_RECORD, "year": {"type": "number"}}})
    take_up(world.db, "acme", plugin.install, more)
    unit = world.unit(origin=plugin, fields=more)
    assert unit.get("TaxRecord", made)["amount"] == "1"
    assert unit.update("TaxRecord", made, {"year": 2026})["year"] == 2026


def test_the_same_key_of_another_publisher_is_another_owner(tax: Any, world: Any, plugin: Any) -> None:
    tax()
    with world.db.tenant("acme") as session:
        session.exec(select(InstallRow).where(InstallRow.key == "tax")).one().publisher = "somebody else"
    with pytest.raises(SchemaRefused, match="belongs to the extension tax of other"):
        take_up(world.db, "acme", plugin.install, SCHEMA)
    with pytest.raises(PermissionDenied):
        world.unit(origin=plugin, fields=SCHEMA).query("TaxRecord")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rate": {"type": "string"}}, "rate is kept with the type decimal and cannot become string"),
        (
            {"customerId": {"type": "reference", "entity": "Vendor"}},
            "customerId is kept with the entity Customer and cannot become Vendor",
        ),
    ],
)  # fmt: skip
def test_a_field_keeps_its_type(tax: Any, changed: Any, message: str) -> None:
    tax()
    with pytest.raises(SchemaRefused) as caught:
        tax(schema({**NEXUS, **changed}))
    assert caught.value.problems == [
        ("src/entities/NexusAddress.ts", f"{message}; declare a field of another name")
    ]


def test_a_refused_version_changes_nothing(tax: Any, world: Any) -> None:
    tax()
    before = world.rows()
    with pytest.raises(SchemaRefused):
        tax(schema({**NEXUS, "rate": {"type": "string"}, "extra": {"type": "string", "index": True}}))
    assert world.rows() == before


def test_what_an_older_version_does_not_declare_is_kept_for_the_newer_one(tax: Any) -> None:
    newer = schema({**NEXUS, "extra": {"type": "string", "index": True}})
    made = (unit := tax(newer)).create("NexusAddress", {"nexusName": "a", "extra": "x"})["id"]
    unit.commit()
    unit = tax()
    assert "extra" not in unit.get("NexusAddress", made)
    unit.update("NexusAddress", made, {"nexusName": "b"})
    unit.commit()
    found = tax(newer).query("NexusAddress", {"extra": "x"})
    assert [(one["nexusName"], one["extra"]) for one in found] == [("b", "x")]


def test_a_value_that_an_enum_no_longer_has_does_not_block_an_update(tax: Any) -> None:
    made = (unit := tax()).create("NexusAddress", {"nexusName": "a", "status": "archived"})["id"]
    unit.commit()
    fewer = schema({**NEXUS, "status": {"type": "enum", "values": ["draft", "active"]}})
    unit = tax(fewer)
    assert unit.update("NexusAddress", made, {"nexusName": "b"})["status"] == "archived"
    with pytest.raises(ValidationError, match='"archived" is not one of draft, active'):
        unit.update("NexusAddress", made, {"status": "archived"})


def test_an_index_that_comes_later_covers_the_records_that_are_there(tax: Any, world: Any) -> None:
    unit = tax()
    for number in range(3):
        unit.create("NexusAddress", {"nexusName": f"n{number}", "country": "US" if number else "CA"})
    unit.commit()
    later = schema({**NEXUS, "country": {**NEXUS["country"], "index": True}})
    observed = tax(later, observe=True)
    assert observed.count("NexusAddress", {"country": "US"}) == 2
    assert tax(later).count("NexusAddress", {"country": "US"}) == 2
    older = tax()
    older.update("NexusAddress", older.query("NexusAddress", {"nexusName": "n0"})[0]["id"], {"country": "US"})
    older.commit()
    assert tax(later).count("NexusAddress", {"country": "US"}) == 3


def test_taking_up_again_changes_nothing(tax: Any, world: Any, plugin: Any) -> None:
    tax().create("TaxRecord", {})
    before = world.rows()
    take_up(world.db, "acme", plugin.install, SCHEMA)
    check(world.db, "acme", plugin.install, SCHEMA)
    assert world.rows() == before
    with pytest.raises(KeyError):
        take_up(world.db, "acme", "nowhere", SCHEMA)


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ({"Invoice": {"a": {"type": "string"}}}, "src/entities/Invoice.ts: Invoice is an entity of the platform"),
        ({"A": {"x": {"type": "money"}}}, "A.x: type 'money' is not one of boolean, date, datetime, decimal, enum"),
        ({"A": {"x": {"type": "enum"}}}, "A.x: an enum has values, and nothing else does"),
        ({"A": {"x": {"type": "string", "values": ["a"]}}}, "A.x: an enum has values"),
        ({"A": {"x": {"type": "reference"}}}, "A.x: a reference names its entity"),
        ({"A": {"x": {"type": "string", "entity": "Customer"}}}, "A.x: a reference names its entity"),
        ({"A": {"x": {"type": "reference", "entity": "B"}}}, "A.x: there is no entity 'B' to refer to"),
        ({"A": {"x": {"type": "json", "index": True}}}, "A.x: a field of type json cannot be indexed"),
        ({"A": {"x": {"type": "number", "default": "1"}}}, r'A.x: default: "1" is not a number \(number\)'),
        ({"A": {"x": {"type": "enum", "values": ["a"], "default": "b"}}}, 'A.x: default: "b" is not one of a'),
        ({"A": {"x": {"type": "string", "unique": True}}}, "A.x: 'unique' is not an option of a field"),
    ],
)  # fmt: skip
def test_an_entity_that_cannot_work_is_refused(entities: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExtensionSchema.declared({}, entities)


def test_a_declared_field_does_not_take_the_name_of_a_custom_entitys_own() -> None:
    with pytest.raises(
        ValueError, match=r"fields\.entity\.TaxRecord\.label: TaxRecord has a field of that name"
    ):
        schema(entity={"TaxRecord": {"label": {"label": "L", "type": "string"}}})


def test_a_schema_is_read_from_a_deployment() -> None:
    deployment = {
        "fields": {"entity": {"Customer": {"tier": {"label": "T", "type": "string"}}}},
        "entrypoints": {"entities": [{"name": "TaxRecord", "file": "src/entities/TaxRecord.ts", "fields": TAX_RECORD}]},
    }  # fmt: skip
    read = ExtensionSchema.from_deployment(deployment)
    assert list(read.entities) == ["TaxRecord"]
    assert list(read.fields.of_record("Customer")) == ["tier"]
