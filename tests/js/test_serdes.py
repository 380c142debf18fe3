"""`v8.serialize` and the classes beside it: what V8 asks of a serializer is answered by its underscored methods."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output

ASKING = """
    const v8 = require('v8');
    class Serializer extends v8.Serializer {
      _writeHostObject(object) {
        this.writeUint32(object.length);
        this.writeUint64(1, 2);
        this.writeDouble(1.5);
        this.writeRawBytes(Buffer.from('raw'));
      }
      _getSharedArrayBufferId() { return 42; }
      _getDataCloneError(message) { return new SyntaxError(`mine: ${message}`); }
    }
    class Deserializer extends v8.Deserializer {
      _readHostObject() {
        return [this.readUint32(), this.readUint64(), this.readDouble(), this.readRawBytes(3).toString()];
      }
    }
    const said = (call) => { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } };
"""

PROGRAMS = {
    "host objects are written and read by the subclass": ("""
        const serializer = new Serializer();
        serializer._setTreatArrayBufferViewsAsHostObjects(true);
        serializer.writeHeader();
        serializer.writeValue({ view: new Uint8Array(7), after: 'it' });
        const reader = new Deserializer(serializer.releaseBuffer());
        reader.readHeader();
        console.log(JSON.stringify(reader.readValue()), serializer.releaseBuffer().length);
    """, '{"view":[7,[1,2],1.5,"raw"],"after":"it"} 0'),
    "shared memory goes by its number": ("""
        const serializer = new Serializer();
        serializer.writeHeader();
        serializer.writeValue(new SharedArrayBuffer(1));
        const bytes = serializer.releaseBuffer();
        console.log(bytes.toString('hex'));
    """, "ff0f752a"),
    "transferred buffers go by their number": ("""
        const [sent, received] = [new ArrayBuffer(3), new ArrayBuffer(1)];
        const serializer = new v8.Serializer();
        serializer.transferArrayBuffer(5, sent);
        serializer.writeHeader();
        serializer.writeValue({ sent });
        const reader = new v8.Deserializer(serializer.releaseBuffer());
        reader.transferArrayBuffer(5, received);
        reader.readHeader();
        console.log(reader.readValue().sent === received);
    """, "true"),
    "errors are the subclass's, and those that programs throw go through": ("""
        console.log([
          said(() => new Serializer().writeValue(() => {})),
          said(() => v8.serialize({ get a() { throw new RangeError('of the program'); } })),
          said(() => v8.serialize(Promise.resolve())), said(() => v8.deserialize(Buffer.from([1]))),
          said(() => new v8.Deserializer(Buffer.alloc(2)).readDouble()),
        ].join('\\n'));
    """, "SyntaxError: mine: () => {} could not be cloned.\nRangeError: of the program\n"
         "Error: #<Promise> could not be cloned.\n"
         "Error: Unable to deserialize cloned data due to invalid or unsupported version.\n"
         "Error: ReadDouble() failed"),
    "message ports are host objects": ("""
        const { port1 } = new MessageChannel();
        console.log(said(() => v8.serialize({ port1 })).split('[')[0]);
        console.log(JSON.stringify(v8.deserialize(v8.serialize({ plain: [{ object: 1 }] }))));
        port1.close();
    """, 'Error: Unserializable host object: MessagePort \n{"plain":[{"object":1}]}'),
    "a serializer may be used while another one is": ("""
        class Outer extends v8.DefaultSerializer {
          _writeHostObject(view) { super._writeHostObject(v8.serialize({ inner: view })); }
        }
        const serializer = new Outer();
        serializer.writeHeader();
        serializer.writeValue([Buffer.from('text'), 2]);
        const [inner, two] = v8.deserialize(serializer.releaseBuffer());
        console.log(v8.deserialize(inner).inner.toString(), two);
    """, "text 2"),
    "views of all kinds come back": ("""
        const views = [new Float16Array([1]), new DataView(new ArrayBuffer(2)), Buffer.from('a'), new BigInt64Array(1)];
        console.log(v8.deserialize(v8.serialize(views)).map((view) => view.constructor.name).join());
    """, "Float16Array,DataView,Buffer,BigInt64Array"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_serdes(command: list[str], tmp_path: Path, name: str) -> None:
    program, expected = PROGRAMS[name]
    assert output(command, "-e", ASKING + program, folder=tmp_path) == f"{expected}\n"


def test_memory_of_serializers_is_given_back(command: list[str], tmp_path: Path) -> None:
    program = """
        const { Serializer } = require('v8');
        const write = (times) => {
          for (let i = 0; i < times; i++) {
            const serializer = new Serializer();
            serializer.writeValue({ i });
            serializer.releaseBuffer();
          }
          return process.memoryUsage.rss() / 2 ** 20;
        };
        const before = write(5_000);
        console.log(write(20_000) - before < 60);
    """
    assert output(command, "-e", program, folder=tmp_path) == "true\n"
