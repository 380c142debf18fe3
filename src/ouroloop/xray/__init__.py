"""Views of what a loop really did, drawn from what the floors below report through `loop.probe`.

Theory of operation. Whoever looks at a running program is an `Observer` (`observer.py`); `command.py` makes those that
the command line asks for. Two ways lead from there:

- A trace, made when the program ends. `recorder.py` remembers what the loop and the program's floor tell; what that
  floor writes are the records of `records.py`, which JavaScript's `js/lib/internal/recorder.js` and, for Python,
  `python_program.py` (with `python_queues.py` and `python_places.py`) write alike. `assembly.py` makes of them the
  trace of `model.py`, in which `kinds.py` says what each callback was, `reasons.py` why it ran when it did,
  `culprits.py` and `spans.py` who took the time, and `summary.py` what it all comes to. Views of it: `page/`,
  `text.py`, `perfetto.py`, `otlp.py`; `live.py` shows the page while the program runs.
- A look at the loop as it is now. `why.py` tells what keeps it from ending (`holders.py`), `panel.py` how it does
  (`meter.py`), `log.py` each of its steps as it happens.

What surprises people: of what is seen nothing is a guess of a view's. What the records do not tell stays open.
"""
