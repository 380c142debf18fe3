"""C: what natives need of `ctypes`, under its names.

Theory of operation. `ctypes` is a file of Python around the extension module `_ctypes`. To load it makes types and
prototypes by the dozen, and imports `struct` and `types`: 1 ms of every start. This is the part that is needed, on the
same extension module, and a function of a library is told its signature without a type of its own.

What surprises people: these types are not those of `ctypes`, so a value of the one is no argument for a function of the
other. Natives use these only.

Source: the documentation of `ctypes`; CPython's `Modules/_ctypes/` for what the extension module offers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import (
        CDLL,
        CFUNCTYPE,
        PYFUNCTYPE,
        Array,
        PyDLL,
        Structure,
        addressof,
        byref,
        c_bool,
        c_char,
        c_char_p,
        c_double,
        c_int,
        c_int64,
        c_long,
        c_size_t,
        c_ssize_t,
        c_uint8,
        c_uint16,
        c_uint32,
        c_uint64,
        c_ulong,
        c_void_p,
        cast,
        create_string_buffer,
        get_errno,
        memmove,
        py_object,
        pythonapi,
        string_at,
    )

    __all__ = [
        "CDLL", "CFUNCTYPE", "PYFUNCTYPE", "Array", "PyDLL", "Structure", "addressof", "byref", "c_bool", "c_char",
        "c_char_p", "c_double", "c_int", "c_int64", "c_long", "c_size_t", "c_ssize_t", "c_uint8", "c_uint16",
        "c_uint32", "c_uint64", "c_ulong", "c_void_p", "cast", "create_string_buffer", "get_errno", "memmove",
        "py_object", "pythonapi", "string_at",
    ]
else:
    from _ctypes import (
        FUNCFLAG_CDECL,
        FUNCFLAG_PYTHONAPI,
        FUNCFLAG_USE_ERRNO,
        Array,
        CFuncPtr,
        Structure,
        _cast_addr,
        _memmove_addr,
        _SimpleCData,
        _string_at_addr,
        addressof,
        byref,
        dlopen,
        get_errno,
    )

    class c_bool(_SimpleCData):
        _type_ = "?"

    class c_char(_SimpleCData):
        _type_ = "c"

    class c_char_p(_SimpleCData):
        _type_ = "z"

    class c_double(_SimpleCData):
        _type_ = "d"

    class c_int(_SimpleCData):
        _type_ = "i"

    class c_long(_SimpleCData):
        _type_ = "l"

    class c_uint8(_SimpleCData):
        _type_ = "B"

    class c_uint16(_SimpleCData):
        _type_ = "H"

    class c_uint32(_SimpleCData):
        _type_ = "I"

    class c_ulong(_SimpleCData):
        _type_ = "L"

    class c_void_p(_SimpleCData):
        _type_ = "P"

    class py_object(_SimpleCData):
        _type_ = "O"

    # Where natives run, `long` has 64 bits (`calls.py`).
    c_int64 = c_ssize_t = c_long
    c_uint64 = c_size_t = c_ulong

    _made = {}

    def _function_type(flags, result, arguments):
        key = (flags, result, arguments)
        if key not in _made:
            members = {"_flags_": flags, "_restype_": result, "_argtypes_": arguments}
            _made[key] = type(CFuncPtr)("CFunctionType", (CFuncPtr,), members)
        return _made[key]

    def CFUNCTYPE(result, *arguments):
        """The type of a C function that runs without the interpreter, or of a callback."""
        return _function_type(FUNCFLAG_CDECL, result, arguments)

    def PYFUNCTYPE(result, *arguments):
        """The type of a C function during which no other thread has the interpreter."""
        return _function_type(FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI, result, arguments)

    class _Library:
        """The functions of a library, as attributes, or anew at each `library[name]`; None is what is loaded."""

        _flags = FUNCFLAG_CDECL

        def __init__(self, name, use_errno=False):
            self._name = name
            self._handle = dlopen(name, 0)
            flags = self._flags | (FUNCFLAG_USE_ERRNO if use_errno else 0)
            self._FuncPtr = type(CFuncPtr)("_FuncPtr", (CFuncPtr,), {"_flags_": flags, "_restype_": c_int})

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            function = self[name]
            setattr(self, name, function)
            return function

        def __getitem__(self, name):
            return self._FuncPtr((name, self))

    class CDLL(_Library):
        """A library whose functions run without the interpreter."""

    class PyDLL(_Library):
        """A library whose functions have the interpreter to themselves."""

        _flags = FUNCFLAG_CDECL | FUNCFLAG_PYTHONAPI

    pythonapi = PyDLL(None)

    def _function(address, result, *arguments):
        function = pythonapi._FuncPtr(address)
        function.restype = result
        function.argtypes = arguments
        return function

    _cast = _function(_cast_addr, py_object, c_void_p, py_object, py_object)
    memmove = _function(_memmove_addr, c_void_p, c_void_p, c_void_p, c_size_t)
    _string_at = _function(_string_at_addr, py_object, c_void_p, c_int)

    def cast(value, kind):
        """`value`, an address or what has one, as a pointer of this kind."""
        return _cast(value, value, kind)

    def string_at(address, size=-1):
        """Bytes of memory; up to NUL without a size."""
        return _string_at(address, size)

    def create_string_buffer(initial):
        """Memory of that many bytes, or for those bytes and a NUL."""
        if isinstance(initial, int):
            return (c_char * initial)()
        buffer = (c_char * (len(initial) + 1))()
        buffer.value = initial
        return buffer
