"""Files of environment variables (`.env`), as --env-file, `process.loadEnvFile` and `util.parseEnv` read them.

Theory of operation. A line is `NAME=value`, perhaps after `export`. A value in ", ' or ` may go over several lines;
in " `\\n` is a line's end. Without quotes it ends at ` #` or `#`, and is trimmed. What does not look like that is
passed over. Source: Node's documentation of --env-file, and what Node 24 does.
"""

from __future__ import annotations

_QUOTES = "\"'`"


def parse(text: str) -> dict[str, str]:
    """The variables of a file, by name."""
    found: dict[str, str] = {}
    text = text.replace("\r", "").strip()
    position = 0
    while position < len(text):
        if text[position] in "\n#":
            position = _line_end(text, position) + 1
            continue
        equals, end = text.find("=", position), _line_end(text, position)
        if equals < 0:
            break
        if equals > end:
            position = end + 1
            continue
        name = text[position:equals].strip().removeprefix("export ").strip()
        if not name:
            position = end + 1
            continue
        found[name], position = _value(text, equals + 1)
    return dict(sorted(found.items(), key=lambda item: item[0].encode()))


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _value(text: str, position: int) -> tuple[str, int]:
    """The value that begins at `position`, and where the next line begins."""
    end = _line_end(text, position)
    while position < end and text[position] in " \t":
        position += 1
    if position < end and text[position] in _QUOTES:
        quote = text[position]
        closing = text.find(quote, position + 1)
        if closing >= 0:
            value = text[position + 1 : closing]
            return value.replace("\\n", "\n") if quote == '"' else value, _line_end(text, closing) + 1
    value = text[position:end]
    comment = value.find("#")
    return (value[:comment] if comment >= 0 else value).strip(), end + 1
