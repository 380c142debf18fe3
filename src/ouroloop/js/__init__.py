"""JavaScript on the loop: V8, the operations in Python that JavaScript calls, and Node's core modules in JavaScript.

Start reading at `runtime.py`: how a turn of the loop enters JavaScript, and what runs before it returns. `engine.py` is
V8; `natives/` the functions made on V8's own C interface; `bindings/` the operations, one file for each; `lib/`
the core modules, one file for each `node:` module.
"""
