"""The labs: how asynchronous code works, down to the hardware, as experiments that run (`ouro lab`).

Theory of operation. A lab is one file, named as the lab is. Its opening docstring is the story, told by `--explain`.
`measure()` does the thing on this machine and returns the figures, a dataclass; `show(figures, stage)` prints them, and
says what they mean. So whatever is printed can be tested, for it is made of the figures alone. A lab that cannot be
done on this system or processor raises `NotHere`, with what it would do and why it cannot.

`catalogue.py` lists the labs; `command.py` is the command; `stage.py` is what they print with, so that all look alike;
`stopwatch.py` is what they measure with; `machine_code.py` is for those that write instructions of their own,
`child.py` for those that need another process, `work.py` for those that compute, `pipes.py` and `crowd.py` for those
that use a queue of the system's (whose bare calls are in `calls/`) and compare it with poll(2), `memory.py` for those
that ask how much something takes.

What surprises people: the labs rest on Python's standard library alone, machine code included. To add one, write its
file, its line in the catalogue and the same line in the README's table, and its chapter: `docs/labs/NAME.md`, a line in
`mkdocs.yml`, and `python docs/capture.py NAME`. The tests ask for the rest: a story, output of 80 columns that says the
same without colour and without Unicode, claims that hold on the figures that were printed.
"""

from __future__ import annotations
