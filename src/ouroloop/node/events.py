"""EventEmitter: objects that tell whoever listens what happens to them.

Theory of operation. An emitter's table maps an event's name to its one listener, or to a tuple of several. The tuple is
never changed, only replaced, so `emit` walks it without a copy while listeners add and remove others: a change during
`emit` shows from the next `emit` on. An emitter nobody listens to has no table at all.

What surprises people: listeners are called at once, in the order they were added, within `emit`; nothing is put off.
What a listener raises leaves `emit`, and the listeners after it are not called. An 'error' event nobody listens for
raises the error. A listener that is an `async def` is started as a task of its own, and what it raises is an unhandled
rejection, unless the emitter was made with `capture_rejections`: then it becomes an 'error' event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from .errors import add_note

if TYPE_CHECKING:
    from .promise import Promise

Listener = Callable[..., object]
F = TypeVar("F", bound=Listener)

_MISSING: Any = object()


class _ErrorMonitor:
    __slots__ = ()

    def __repr__(self) -> str:
        return "error_monitor"


error_monitor = _ErrorMonitor()
"""The name of an event emitted before 'error', with the same arguments, that does not count as handling the error."""


class UnhandledError(Exception):
    """An 'error' event without listeners whose argument is not an exception; `context` is that argument."""

    def __init__(self, context: object = None) -> None:
        super().__init__(f"Unhandled error. ({context!r})")
        self.context = context


class _Options:
    """What few emitters need: made when first asked for."""

    __slots__ = ("capture_rejections", "max_listeners", "warned")

    def __init__(self) -> None:
        self.capture_rejections = False
        self.max_listeners: int | None = None
        self.warned: set[Hashable] = set()


class _Once:
    """A listener that removes itself when it is called."""

    __slots__ = ("_emitter", "_event", "_fired", "listener")

    def __init__(self, emitter: EventEmitter, event: Hashable, listener: Listener) -> None:
        self._emitter = emitter
        self._event = event
        self._fired = False
        self.listener = listener

    def __call__(self, *args: Any) -> object:
        if self._fired:
            return None
        self._fired = True
        self._emitter.remove_listener(self._event, self)
        return self.listener(*args)


class EventEmitter:
    """Node's EventEmitter. https://nodejs.org/api/events.html#class-eventemitter

    Events are named by strings (any hashable object will do). Subclasses call `super().__init__()`; they may use
    `__slots__`. With `capture_rejections`, what a coroutine listener raises becomes an 'error' event.
    """

    __slots__ = ("__weakref__", "_events", "_options")

    default_max_listeners = 10
    """More listeners than this for one event bring a warning, unless `set_max_listeners` said otherwise."""

    def __init__(self, *, capture_rejections: bool = False) -> None:
        self._events: dict[Hashable, Any] | None = None
        self._options: _Options | None = None
        if capture_rejections:
            self._ensure_options().capture_rejections = True

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> None:
            """A subclass whose `__init__` does not call ours is an emitter all the same, as in Node."""
            if name in ("_events", "_options"):
                setattr(self, name, None)
                return
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def _ensure_options(self) -> _Options:
        if self._options is None:
            self._options = _Options()
        return self._options

    # Emitting

    def emit(self, event: Hashable, *args: Any) -> bool:
        """Call all listeners of `event` with `args`, now and in order. Returns whether there was one.

        Raises what a listener raises; for 'error' without listeners, the error itself.
        """
        events = self._events
        if events is None:
            if event == "error":
                _raise_error(self, args)
            return False
        if event == "error" and error_monitor in events:
            self.emit(error_monitor, *args)
        found = events.get(event)
        if found is None:
            if event == "error":
                _raise_error(self, args)
            return False
        if found.__class__ is tuple:
            for listener in found:
                result = listener(*args)
                if result is not None and (result.__class__ is CoroutineType or self._options is not None):
                    self._take_result(result, event, args)
            return True
        result = found(*args)
        if result is not None and (result.__class__ is CoroutineType or self._options is not None):
            self._take_result(result, event, args)
        return True

    def _take_result(self, result: Any, event: Hashable, args: tuple[Any, ...]) -> None:
        """Start the coroutine a listener returned; watch for its failure if asked to."""
        from .promise import Promise, start

        if isinstance(result, CoroutineType):
            result = start(result)
        if self._options is not None and self._options.capture_rejections and isinstance(result, Promise):
            result.then(None, lambda error: result._env.next_tick(self._captured_rejection, error, event, *args))

    def _captured_rejection(self, error: BaseException, event: Hashable, *args: Any) -> None:
        """A listener of `event` was a coroutine and failed. Subclasses may know better than to emit 'error'."""
        options = self._ensure_options()
        options.capture_rejections = False  # a failing 'error' listener must not go round in circles
        try:
            self.emit("error", error)
        finally:
            options.capture_rejections = True

    # Adding

    @overload
    def on(self, event: Hashable, listener: Listener) -> Self: ...
    @overload
    def on(self, event: Hashable) -> Callable[[F], F]: ...
    def on(self, event: Hashable, listener: Any = _MISSING) -> Any:
        """Call `listener` at each `event` from now on. Without a listener: a decorator that adds the function.

        Raises `TypeError` when `listener` is not callable.
        """
        if listener is _MISSING:
            return lambda function: self._decorated(self.on, event, function)
        self._add(event, listener, False)
        return self

    def add_listener(self, event: Hashable, listener: Listener) -> Self:
        """`on`."""
        self._add(event, listener, False)
        return self

    @overload
    def once(self, event: Hashable, listener: Listener) -> Self: ...
    @overload
    def once(self, event: Hashable) -> Callable[[F], F]: ...
    def once(self, event: Hashable, listener: Any = _MISSING) -> Any:
        """Call `listener` at the next `event` only. Without a listener: a decorator."""
        if listener is _MISSING:
            return lambda function: self._decorated(self.once, event, function)
        _require_listener(listener)
        self._add(event, _Once(self, event, listener), False)
        return self

    def prepend_listener(self, event: Hashable, listener: Listener) -> Self:
        """`on`, before the listeners that are there."""
        self._add(event, listener, True)
        return self

    def prepend_once_listener(self, event: Hashable, listener: Listener) -> Self:
        """`once`, before the listeners that are there."""
        _require_listener(listener)
        self._add(event, _Once(self, event, listener), True)
        return self

    @staticmethod
    def _decorated(add: Callable[..., Any], event: Hashable, function: F) -> F:
        add(event, function)
        return function

    def _add(self, event: Hashable, listener: Listener, prepend: bool) -> None:
        _require_listener(listener)
        events = self._events
        if events is None:
            self._events = {event: listener}
            return
        if "newListener" in events:
            self.emit("newListener", event, listener.listener if isinstance(listener, _Once) else listener)
        found = events.get(event)
        if found is None:
            events[event] = listener
            return
        if found.__class__ is not tuple:
            found = (found,)
        events[event] = found = (listener, *found) if prepend else (*found, listener)
        limit = self.get_max_listeners()
        if 0 < limit < len(found):
            self._warn_of_leak(event, len(found), limit)

    def _warn_of_leak(self, event: Hashable, count: int, limit: float) -> None:
        warned = self._ensure_options().warned
        if event in warned:
            return
        warned.add(event)
        from . import environment

        environment.current().process.emit_warning(
            f"Possible EventEmitter memory leak detected. {count} {event} listeners added to "
            f"[{type(self).__name__}]. MaxListeners is {limit}. Use emitter.set_max_listeners() to increase limit",
            "MaxListenersExceededWarning",
        )

    # Removing

    def remove_listener(self, event: Hashable, listener: Listener) -> Self:
        """Remove `listener` once: where it was added last. One that is not there is ignored."""
        _require_listener(listener)
        events = self._events
        if events is None:
            return self
        found = events.get(event)
        if found is None:
            return self
        listeners = found if found.__class__ is tuple else (found,)
        for position in range(len(listeners) - 1, -1, -1):
            at = listeners[position]
            if at == listener or (at.__class__ is _Once and at.listener == listener):
                break
        else:
            return self
        left = listeners[:position] + listeners[position + 1 :]
        if len(left) > 1:
            events[event] = left
        elif left:
            events[event] = left[0]
        else:
            self._forget(events, event)
        if "removeListener" in events:
            self.emit("removeListener", event, at.listener if at.__class__ is _Once else listener)
        return self

    off = remove_listener

    def _forget(self, events: dict[Hashable, Any], event: Hashable) -> None:
        """Nobody listens to `event` any more."""
        del events[event]
        if self._options is not None:
            self._options.warned.discard(event)

    def remove_all_listeners(self, event: Hashable = None) -> Self:
        """Remove all listeners of `event`; without one, all listeners of all events."""
        events = self._events
        if events is None:
            return self
        if event is None:
            names = [name for name in events if name != "removeListener"]
            if "removeListener" in events:
                names.append("removeListener")
        else:
            names = [event]
        for name in names:
            self._remove_all_of(events, name)
        return self

    def _remove_all_of(self, events: dict[Hashable, Any], event: Hashable) -> None:
        if "removeListener" in events:
            for listener in reversed(self.raw_listeners(event)):
                self.remove_listener(event, listener)
        elif event in events:
            self._forget(events, event)

    # Looking

    def listeners(self, event: Hashable) -> list[Listener]:
        """The listeners of `event` in order; those of `once` as they were given."""
        return [at.listener if isinstance(at, _Once) else at for at in self.raw_listeners(event)]

    def raw_listeners(self, event: Hashable) -> list[Listener]:
        """The listeners of `event` in order; those of `once` as the wrappers that `emit` calls."""
        found = self._events.get(event) if self._events is not None else None
        if found is None:
            return []
        return list(found) if found.__class__ is tuple else [found]

    def listener_count(self, event: Hashable, listener: Listener | None = None) -> int:
        """How many listeners `event` has; with `listener`, how many times that one."""
        found = self._events.get(event) if self._events is not None else None
        if found is None:
            return 0
        if listener is not None:
            return self.listeners(event).count(listener)
        return len(found) if found.__class__ is tuple else 1

    def event_names(self) -> list[Hashable]:
        """The names of all events that have listeners."""
        return list(self._events) if self._events is not None else []

    def set_max_listeners(self, count: int) -> Self:
        """Warn of a leak when one event has more than `count` listeners; 0 for never. Raises `ValueError` below 0."""
        if not isinstance(count, (int, float)) or not count >= 0:
            raise ValueError(f"the most listeners must be a number, 0 or more, not {count!r}")
        self._ensure_options().max_listeners = count
        return self

    def get_max_listeners(self) -> int:
        """From how many listeners on there is no warning; `EventEmitter.default_max_listeners` unless set."""
        options = self._options
        if options is None or options.max_listeners is None:
            return self.default_max_listeners
        return options.max_listeners


def _require_listener(listener: object) -> None:
    if not callable(listener):
        raise TypeError(f"the listener must be a function, not {listener!r}")


def _raise_error(emitter: EventEmitter, args: tuple[Any, ...]) -> None:
    error = args[0] if args and isinstance(args[0], BaseException) else UnhandledError(args[0] if args else None)
    add_note(error, f"It was an 'error' event of a {type(emitter).__name__} that has no listener for 'error'.")
    raise error


def once(emitter: EventEmitter, event: Hashable) -> Promise[list[Any]]:
    """A promise of the arguments of the next `event`; rejected by an 'error' that comes first.

    https://nodejs.org/api/events.html#eventsonceemitter-name-options
    """
    from .promise import Promise

    promise, resolve, reject = Promise.with_resolvers()

    def happened(*args: Any) -> None:
        emitter.remove_listener("error", failed)
        resolve(list(args))

    def failed(error: BaseException) -> None:
        emitter.remove_listener(event, happened)
        reject(error)

    emitter.once(event, happened)
    if event != "error":
        emitter.once("error", failed)
    return promise


def on(emitter: EventEmitter, event: Hashable, *, close: Iterable[Hashable] = ()) -> EventIterator:
    """An asynchronous iterator over the arguments of each `event`; an event named in `close` ends it, 'error' raises.

    Events that come while nobody waits are kept. https://nodejs.org/api/events.html#eventsonemitter-eventname-options
    """
    return EventIterator(emitter, event, close)


class EventIterator:
    """See `on`. Leaving the `async for` (or `close()`) removes its listeners."""

    __slots__ = ("_state",)

    def __init__(self, emitter: EventEmitter, event: Hashable, close: Iterable[Hashable]) -> None:
        self._state = _IteratorState(emitter, event, close)

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Promise[list[Any]]:
        return self._state.next()

    def close(self) -> None:
        """Stop listening; who waits for the next event is told that there is none."""
        self._state.close()

    def __del__(self) -> None:
        # The emitter holds the state, not the iterator, so that dropping the iterator ends the listening.
        self._state.close()


class _IteratorState:
    __slots__ = ("_emitter", "_error", "_kept", "_listeners", "_open", "_waiting")

    def __init__(self, emitter: EventEmitter, event: Hashable, close: Iterable[Hashable]) -> None:
        self._emitter = emitter
        self._kept: deque[list[Any]] = deque()
        self._waiting: deque[Promise[list[Any]]] = deque()
        self._error: BaseException | None = None
        self._open = True
        self._listeners: list[tuple[Hashable, Listener]] = [(event, self._happened)]
        if event != "error":
            self._listeners.append(("error", self._failed))
        self._listeners += [(name, self._closed) for name in close]
        for name, listener in self._listeners:
            emitter.on(name, listener)

    def next(self) -> Promise[list[Any]]:
        from .promise import Promise

        if self._kept:
            return Promise.resolve(self._kept.popleft())
        if self._error is not None:
            error, self._error = self._error, None
            return Promise.reject(error)
        if not self._open:
            return Promise.reject(StopAsyncIteration())
        promise: Promise[list[Any]] = Promise()
        self._waiting.append(promise)
        return promise

    def _happened(self, *args: Any) -> None:
        if self._waiting:
            self._waiting.popleft()._resolve(list(args))
        else:
            self._kept.append(list(args))

    def _failed(self, error: BaseException) -> None:
        if self._waiting:
            self._waiting.popleft()._reject(error)
        else:
            self._error = error
        self.close()

    def _closed(self, *args: Any) -> None:
        self.close()

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        for name, listener in self._listeners:
            self._emitter.remove_listener(name, listener)
        while self._waiting:
            self._waiting.popleft()._reject(StopAsyncIteration())
