"""Ouroloop measured side by side with asyncio, uvloop and Node: `python -m bench`, from the repository's root."""
