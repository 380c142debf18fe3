'use strict';

// WebAssembly.compileStreaming and instantiateStreaming: modules that come as the body of a Response.
// Source: https://webassembly.github.io/spec/web-api/
//
// What surprises people: V8's own streaming is out of reach, so the whole body is read before it is compiled. Any
// parameter of the type "application/wasm", even an empty one, is an error.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_WEBASSEMBLY_RESPONSE } } = require('internal/errors');

async function bytesOf(source) {
  const { isResponse } = require('internal/fetch/response');
  const response = await source;
  if (!isResponse(response)) {
    throw new ERR_INVALID_ARG_TYPE('source', ['Response', 'Promise resolving to Response'], response);
  }
  const type = response.headers.get('content-type');
  if (type !== 'application/wasm') throw new ERR_WEBASSEMBLY_RESPONSE(`has unsupported MIME type '${type}'`);
  if (!response.ok) throw new ERR_WEBASSEMBLY_RESPONSE(`has status code ${response.status}`);
  if (response.bodyUsed) throw new ERR_WEBASSEMBLY_RESPONSE('body has already been used');
  return response.bytes();
}

/** Calls `compile` (or `instantiate`) with the bytes; errors say which of the functions a program called. */
async function compileFrom(source, name, compile, ...rest) {
  const bytes = await bytesOf(source);
  try {
    return await compile(bytes, ...rest);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) {
      error.message = error.message.replace(`WebAssembly.${name}()`, `WebAssembly.${name}Streaming()`);
    }
    throw error;
  }
}

module.exports = { compileFrom };
