"""Ouroloop: a Node.js runtime written in Python, from the system call up."""

__version__ = "0.1.0"
