"""A tour of the loop: files, the thread pool, immediates, timers and a web request, all at once.

    ouro examples/tour.py
    ouro --log examples/tour.py      every step of the loop, headed by the thread that speaks
"""

from pathlib import Path

from ouroloop.node import crypto, fs, http, set_immediate, set_timeout

FILE = Path(__file__).parent / "tour.txt"


def slow_answer(request, response):
    set_timeout(response.end, 2000, b"Hello from a slow server\n")


def on_first_read(error, text):
    print(f"First read: {len(text)} characters")
    crypto.pbkdf2(str(len(text)), "salt", 200_000, 32, "sha256", on_encrypted)
    fs.read_file(FILE, "utf8", on_nested_read)


def on_nested_read(error, text):
    print(f"Nested read: {len(text)} characters")
    set_immediate(lambda: print("Immediate, set in a file callback: runs in the check step of the same turn"))


def on_second_read(error, text):
    print(f"Second read: {len(text)} characters")


def on_encrypted(error, key):
    print(f'"Encrypted" the length: {key.hex()[:16]}…')


def on_three_seconds():
    print("Timer: 3000 ms")


def on_one_second():
    print("Timer: 1000 ms")
    set_timeout(lambda: print("Timer: 500 ms, set by the one of 1000 ms"), 500)


async def main():
    print("The main program starts")
    server = http.create_server(slow_answer)
    server.listen(0, "127.0.0.1", lambda: ask(server))
    fs.read_file(FILE, "utf8", on_first_read)
    fs.read_file(FILE, "utf8", on_second_read)
    set_immediate(lambda: print("Immediate, set by the main program"))
    set_timeout(on_three_seconds, 3000)
    set_timeout(on_one_second, 1000)
    print("The main program ends; the loop takes over")


async def ask(server):
    response = await http.get(f"http://127.0.0.1:{server.address().port}/slow")
    body = b"".join([chunk async for chunk in response])
    print(f"Web: {response.status_code} {body.decode().strip()}")
    server.close()
