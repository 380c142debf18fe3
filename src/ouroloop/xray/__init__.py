"""Views of what a loop really did, drawn from what the floors below report through `loop.probe`."""
