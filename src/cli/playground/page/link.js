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

// What a file may be called here, and which are the parts that others include.
const nameOf = name => name.replace(/[^\p{L}\p{N} ._-]/gu, '').slice(0, 80) || 'scenario.yaml';
const PART = /.\.part\.ya?ml$/;

// The part of an address for a state: file, text, the parts that it includes, seed, at (the instant, as the report's page names it), tab.
const written = async state => {
  const parts = new URLSearchParams();
  parts.set('s', await packed(state.text));
  parts.set('f', state.file);
  if (Object.keys(state.parts).length > 0) { parts.set('p', await packed(JSON.stringify(state.parts))); }
  if (state.seed !== '') { parts.set('seed', state.seed); }
  if (state.at !== '') { parts.set('at', state.at); }
  if (state.tab !== 'story') { parts.set('tab', state.tab); }
  return '#' + parts.toString();
};

// The state that an address holds; `null` where it holds none.
const readLink = async hash => {
  const parts = new URLSearchParams(hash.slice(1));
  if (!parts.has('s')) { return null; }
  const file = nameOf(parts.get('f') || '');
  const [wantedSeed, wantedAt, wantedTab] = ['seed', 'at', 'tab'].map(name => parts.get(name) || '');
  const seed = /^\d{1,20}$/.test(wantedSeed) ? wantedSeed : '';
  const at = /^(case=\d{1,6}&)?t=[0-9a-z]{1,40}$/.test(wantedAt) ? wantedAt : '';
  const tab = TABS.includes(wantedTab) ? wantedTab : 'story';
  const beside = Object.entries(parts.has('p') ? JSON.parse(await unpacked(parts.get('p') || '')) || {} : {});
  const sound = beside.filter(([name, text]) => nameOf(name) === name && PART.test(name) && typeof text === 'string');
  return { text: await unpacked(parts.get('s') || ''), file, parts: Object.fromEntries(sound), seed, at, tab };
};
