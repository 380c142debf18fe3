"""The bare calls of each system's queue, by ctypes, and nothing else: what the labs of those names experiment with.

Theory of operation. A file for each queue has its structures as the kernel has them, its numbers, and a class with a
method for each call. They raise OSError, with the system's own number, and know nothing of the experiments.
"""

from __future__ import annotations
