// Holds one module and asks it what the page asks, one thing after the other. Knows nothing of the page.
'use strict';
/** @type {Promise<(what: unknown) => string> | null} */
let opened = null;

/** @param {WebAssembly.Module} module */
const open = async module => {
  let runs = 0;
  let told = 0;
  const forward = more => {
    runs += more;
    const now = Date.now();
    if (now - told > 100) {
      told = now;
      postMessage({ runs });
    }
  };
  const instance = await WebAssembly.instantiate(module, { page: { forward } });
  /** @type {any} */
  const own = instance.exports;
  const read = length => new TextDecoder().decode(new Uint8Array(own.memory.buffer, own.output(), length).slice());
  return what => {
    runs = 0;
    const text = new TextEncoder().encode(JSON.stringify(what));
    const at = own.input(text.length);
    new Uint8Array(own.memory.buffer, at, text.length).set(text);
    let length;
    try {
      length = own.call();
    } catch (error) {
      let said;
      try { said = read(own.length()); } catch (further) { said = String(further); }
      throw new Error(said || String(error), { cause: error });
    }
    return read(length);
  };
};

onmessage = async event => {
  const { module, number, what } = event.data;
  if (module) {
    opened = open(module);
    return;
  }
  try {
    const ask = await opened;
    if (ask === null) { throw new Error('it was asked before it had a module'); }
    postMessage({ number, answer: ask(what) });
  } catch (error) {
    postMessage({ number, broke: String(error.message || error) });
  }
};
