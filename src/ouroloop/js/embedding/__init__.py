"""ouroloop.Runtime: JavaScript inside a Python program.

`runtime.py` is the runtime itself, `values.py` how values cross, `stand_ins.py` what stands in Python for what is
JavaScript's, `awaiting.py` how each side awaits the other. These four know each other's insides (names that begin with
`_`); a program sees what is named here.
"""

from ..engine import EngineBusyError
from .runtime import Runtime
from .stand_ins import JavaScriptError, JavaScriptExit, JSFunction, JSObject, JSPromise

__all__ = ["EngineBusyError", "JSFunction", "JSObject", "JSPromise", "JavaScriptError", "JavaScriptExit", "Runtime"]

for _name in __all__:
    globals()[_name].__module__ = "ouroloop"
