"""Promise natives: V8's hooks into the lives of promises.

Theory of operation. A native context has four slots for functions that V8's builtins call when a promise is made,
before and after a reaction, and when it is settled; a bit of the isolate's says whether any context has one, and while
it is clear, nobody looks. `v8::Context::SetPromiseHooks` would set both, but the binding left it out when it was
linked, so that work is done here.

What surprises people: a plain write into V8's heap would go past its garbage collector. A context is laid out like an
array (map, length, values), so `v8::PrimitiveArray::Set`, which tells the collector, writes its slots.

Source: V8's `include/v8-context.h` (`SetPromiseHooks`); `src/objects/contexts.h` for the order of the slots.
"""

from __future__ import annotations

from . import c as ctypes
from .calls import PRIMITIVE_ARRAY_SET, declare, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .realm import Realm

_pointer = ctypes.c_void_p
_int = ctypes.c_int

NAMES = ("setPromiseHooks",)

_FLAGS_ADDRESS = "_ZN2v88internal17ExternalReference26promise_hook_flags_addressEPNS0_7IsolateE"
_STATE_UPDATED = "_ZN2v88internal7Isolate23PromiseHookStateUpdatedEv"

FUNCTIONS: dict[str, tuple[Any, ...]] = {
    _FLAGS_ADDRESS: (_pointer, _pointer),
    _STATE_UPDATED: (None, _pointer),
}
"""What is needed of V8 beyond the natives' own: name: (result, arguments)."""
declare(FUNCTIONS)

_FIRST_SLOT = 179  # of four: init, before, after, settled
_CONTEXT_HAS_HOOK = 1  # the bit

Method: TypeAlias = "Callable[[int], int | None]"


class PromiseHooks:
    """The native that sets a context's promise hooks; `context_of` gives the context of a global object."""

    def __init__(self, realm: Realm, context_of: Callable[[int], int]) -> None:
        self._realm = realm
        self._call = realm.call
        self._context_of = context_of
        self._flags = 0

    def methods(self) -> dict[str, Method]:
        """The natives by name."""
        return {NAMES[0]: self.set}

    def set(self, info: int) -> None:
        """`setPromiseHooks(init, before, after, settled, global)`: functions or undefined, in that context.

        All contexts are expected to have the same: the last call tells V8 whether there are any.
        """
        realm, call = self._realm, self._call
        *functions, target = realm.arguments(info, 5)
        if not self._flags:
            self._flags = getattr(call, _FLAGS_ADDRESS)(realm.isolate)
            self._check_slots()
        context = self._context_of(target)
        for index, function in enumerate(functions):
            getattr(call, PRIMITIVE_ARRAY_SET)(context, realm.isolate, _FIRST_SLOT + index, function)
        flags = ctypes.c_uint32.from_address(self._flags)
        if any(call.Value__IsObject(function) for function in functions):
            flags.value |= _CONTEXT_HAS_HOOK
        else:
            flags.value &= ~_CONTEXT_HAS_HOOK
        getattr(call, _STATE_UPDATED)(realm.isolate)  # code that relies on there being no hooks is thrown away

    def _check_slots(self) -> None:
        """The slots are those of V8 14.7; before anybody has set them, they hold `undefined`."""
        realm = self._realm
        start = word(realm.context) - 1 + 16 + 8 * _FIRST_SLOT
        undefined = word(realm.undefined)
        if any(word(start + 8 * index) != undefined for index in range(4)):
            raise RuntimeError("this V8 keeps a context's promise hooks in another place")
