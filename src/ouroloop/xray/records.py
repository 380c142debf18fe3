"""Records: what a program's own floor tells the recorder, as numbers.

Theory of operation. A record is seven numbers: what it says, when that was (ns of the monotonic clock), and up to five
more. JavaScript (`js/lib/internal/recorder.js`) and Python programs (`python_program.py`) write the same ones, so that
one reader (`assembly.py`) makes a trace of both. Here it stands which numbers each kind has; JavaScript repeats that,
since it cannot read this file, and a test compares the two.

What surprises people: a number means a text or a place only together with the tables that were handed over with it;
-1 stands for a run, place or descriptor that is not known, 0 for a promise that there is none of.
"""

from __future__ import annotations

FIELDS = 7
"""Numbers of each record."""

MADE = 1
"""Resource, type, run that made it, ms that a timer is to wait or the promise that is waited for, place."""
ENTERED = 2
"""Run, resource, descriptor, -, place of the function."""
LEFT = 3
"""Run."""
DESTROYED = 4
"""Resource, run."""
SETTLED = 5
"""Resource, run."""
STARTED = 6
"""Timer, when it is due, run, whether it repeats."""
CALLED = 7
"""Run, -, -, -, place of a function of the program that is called in it."""
CLOSING = 8
"""Handle, run."""
READIED = 9
"""Resource of a reaction, run that let it run: Python's promises are no resources, only who waits for them is."""
FOLLOWED = 10
"""Run, resource, descriptor, the run that ended as this one began."""

MAIN_RESOURCE = 1
"""The main program's, whose run is `model.MAIN`."""
NO_RUN = NO_PLACE = NO_DESCRIPTOR = -1
