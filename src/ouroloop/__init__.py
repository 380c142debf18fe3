"""Ouroloop: a Node.js runtime written in Python, from the system call up."""

__version__ = "0.1.0"

__all__ = [
    "EngineBusyError", "JSFunction", "JSObject", "JSPromise", "JavaScriptError", "JavaScriptExit", "Runtime",
    "__version__",
]


def __getattr__(name: str) -> object:
    # Whoever wants the loop alone does not pay for V8.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .js import embedding

    return getattr(embedding, name)
