// What the address holds behind its `#`: the scenario, packed, with its seed, the instant and what is shown. No browser sends that
// part of an address to anybody.

// A link's scenario is no longer, in bytes: more than the reader of scenarios takes.
const LINK_MOST = 4000000;

const toLetters = bytes => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) { binary += String.fromCharCode(...bytes.subarray(at, at + 8192)); }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

const fromLetters = letters => bytesOf(letters.replaceAll('-', '+').replaceAll('_', '/'));

const packed = async text => {
  const bytes = new TextEncoder().encode(text);
  return toLetters(new Uint8Array(await through(bytes, new CompressionStream('deflate-raw')).arrayBuffer()));
};

// Unpacks up to a bound: a short link could hold more than any page can show.
const unpacked = async letters => {
  const stream = new Blob([fromLetters(letters)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [text, length] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) { return text + decoder.decode(); }
    length += value.length;
    if (length > LINK_MOST) {
      reader.cancel();
      throw new Error('it is longer than any scenario');
    }
    text += decoder.decode(value, { stream: true });
  }
};

const TABS = ['scenario', 'story', 'picture', 'play', 'orders'];

// The part of an address for a state: file, text, seed, at (the instant, as the report's page names it), tab.
const written = async state => {
  const parts = new URLSearchParams();
  parts.set('s', await packed(state.text));
  parts.set('f', state.file);
  if (state.seed !== '') { parts.set('seed', state.seed); }
  if (state.at !== '') { parts.set('at', state.at); }
  if (state.tab !== 'story') { parts.set('tab', state.tab); }
  return '#' + parts.toString();
};

// The state that an address holds; `null` where it holds none.
const readLink = async hash => {
  const parts = new URLSearchParams(hash.slice(1));
  if (!parts.has('s')) { return null; }
  const file = (parts.get('f') || '').replace(/[^\p{L}\p{N} ._-]/gu, '').slice(0, 80);
  const seed = /^\d{1,20}$/.test(parts.get('seed') || '') ? parts.get('seed') : '';
  const at = /^(case=\d{1,6}&)?t=[0-9a-z]{1,40}$/.test(parts.get('at') || '') ? parts.get('at') : '';
  const tab = TABS.includes(parts.get('tab')) ? parts.get('tab') : 'story';
  return { text: await unpacked(parts.get('s')), file: file || 'scenario.yaml', seed, at, tab };
};
