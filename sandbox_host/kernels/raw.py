"""The few functions of wasmtime's C API that the hot path calls, bound without conversions.

`wasmtime`'s own Python classes cost microseconds a call and walk every export; these take plain addresses.
The library is opened once more so that its functions can have argument types of their own. Names and
signatures are those of `wasmtime.h` 50.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_bool, c_char_p, c_int64, c_size_t, c_uint8, c_uint64, c_void_p
from typing import Any

from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

ValRaw = bindings.wasmtime_val_raw_t
Extern = bindings.wasmtime_extern_t
Instance = bindings.wasmtime_instance_t
HostFunction = CFUNCTYPE(c_size_t, c_void_p, c_void_p, POINTER(ValRaw), c_size_t)
EpochCallback = CFUNCTYPE(c_size_t, c_void_p, c_void_p, POINTER(c_uint64), POINTER(c_uint8))
EXTERN_FUNC = 0
EXTERN_MEMORY = 3
TRAP_STACK_OVERFLOW = 0

_library = ctypes.CDLL(str(ffi.filename))


def _bind(name: str, result: Any, *arguments: Any) -> ctypes._NamedFuncPointer:
    function = _library[name]
    function.restype = result
    function.argtypes = list(arguments)
    return function


engine_increment_epoch = _bind("wasmtime_engine_increment_epoch", None, c_void_p)
store_new = _bind("wasmtime_store_new", c_void_p, c_void_p, c_void_p, c_void_p)
store_delete = _bind("wasmtime_store_delete", None, c_void_p)
store_context = _bind("wasmtime_store_context", c_void_p, c_void_p)
store_limiter = _bind("wasmtime_store_limiter", None, c_void_p, c_int64, c_int64, c_int64, c_int64, c_int64)
store_epoch_deadline_callback = _bind(
    "wasmtime_store_epoch_deadline_callback", None, c_void_p, EpochCallback, c_void_p, c_void_p
)
context_set_epoch_deadline = _bind("wasmtime_context_set_epoch_deadline", None, c_void_p, c_uint64)
instance_pre_instantiate = _bind(
    "wasmtime_instance_pre_instantiate", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p
)
instance_export_get = _bind(
    "wasmtime_instance_export_get", c_bool, c_void_p, c_void_p, c_char_p, c_size_t, c_void_p
)
func_call_unchecked = _bind(
    "wasmtime_func_call_unchecked", c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p
)
linker_define_func_unchecked = _bind(
    "wasmtime_linker_define_func_unchecked",
    c_void_p,
    c_void_p,
    c_char_p,
    c_size_t,
    c_char_p,
    c_size_t,
    c_void_p,
    HostFunction,
    c_void_p,
    c_void_p,
)
memory_data = _bind("wasmtime_memory_data", c_void_p, c_void_p, c_void_p)
memory_data_size = _bind("wasmtime_memory_data_size", c_size_t, c_void_p, c_void_p)
memory_grow = _bind("wasmtime_memory_grow", c_void_p, c_void_p, c_void_p, c_uint64, c_void_p)
trap_new = _bind("wasmtime_trap_new", c_size_t, c_char_p, c_size_t)
trap_code = _bind("wasmtime_trap_code", c_bool, c_void_p, c_void_p)
trap_delete = _bind("wasm_trap_delete", None, c_void_p)
error_new = _bind("wasmtime_error_new", c_size_t, c_char_p)
error_message = _bind("wasmtime_error_message", None, c_void_p, c_void_p)
trap_message = _bind("wasm_trap_message", None, c_void_p, c_void_p)
bytes_delete = _bind("wasm_byte_vec_delete", None, c_void_p)
error_delete = _bind("wasmtime_error_delete", None, c_void_p)


def take_error(error: int) -> str:
    """The message of an error, which is freed."""
    text = _text(error_message, error)
    error_delete(error)
    return text


def take_trap(trap: int) -> tuple[str, bool]:
    """The message of a trap, which is freed, and whether it was an overflow of the wasm stack."""
    code = c_uint8()
    overflow = trap_code(trap, ctypes.byref(code)) and code.value == TRAP_STACK_OVERFLOW
    text = _text(trap_message, trap)
    trap_delete(trap)
    return text, overflow


def _text(message_of: ctypes._NamedFuncPointer, owner: int) -> str:
    message = bindings.wasm_byte_vec_t()
    message_of(owner, ctypes.byref(message))
    text = ctypes.string_at(message.data, message.size)
    bytes_delete(ctypes.byref(message))
    return text.rstrip(b"\0").decode(errors="replace")
