"""`--records`: records that exist for one run, as creating them would have made them."""

from __future__ import annotations

import json

ENTITY = """import { defineEntity } from "@backfill-io/sdk";
export default defineEntity({ name: "Note", fields: {
  text: { type: "string" },
  kind: { type: "enum", values: ["plain", "loud"], default: "plain", index: true },
  tags: { type: "json", default: ["a"] },
} });
"""


def test_a_given_record_has_the_defaults_of_its_entity(guest, invoke, tmp_path):
    body = (
        'return [Note.get("n1"), Note.get("n2"), Note.count({ kind: "plain" })].map((n: any) => n.kind ?? n);'
    )
    path = guest(body, permissions={"entities": {"Note": ["read"]}})
    (path / "src" / "entities").mkdir(parents=True)
    (path / "src" / "entities" / "Note.ts").write_text(ENTITY)
    given = {"Note": [{"id": "n1"}, {"id": "n2", "kind": "loud"}, {"id": "n3", "kind": None}]}
    (tmp_path / "records.json").write_text(json.dumps(given))
    report = invoke(path, "POST /run", "--records", tmp_path / "records.json")
    assert report["response"]["body"] == ["plain", "loud", 2]


def test_what_a_run_does_to_a_default_is_not_in_the_next(guest, invoke, tmp_path, state):
    body = (
        'const n = Note.get("n1") as any; return Note.update("n1", { tags: [...n.tags, "b"] }).tags as any;'
    )
    path = guest(body, permissions={"entities": {"Note": ["read", "write"]}})
    (path / "src" / "entities").mkdir(parents=True)
    (path / "src" / "entities" / "Note.ts").write_text(ENTITY)
    (tmp_path / "records.json").write_text('{"Note": [{"id": "n1"}]}')
    options = ["--records", tmp_path / "records.json", "--state", state]
    assert [invoke(path, "POST /run", *options)["response"]["body"] for _ in range(2)] == [["a", "b"]] * 2
