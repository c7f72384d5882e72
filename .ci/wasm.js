// Asks the module what the program was asked: the digests of all shipped cases, as they are written down, the stories that
// `poolsim run` tells, and the sessions of the drills, as `poolsim play` plays them.
'use strict';
const { execFileSync, spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const [module_, program] = process.argv.slice(2);
const fail = words => { console.error('wasm: ' + words); process.exit(1); };

const open = async bytes => {
  let runs = 0;
  const { instance } = await WebAssembly.instantiate(bytes, { page: { forward: more => { runs += more; } } });
  /** @type {any} */
  const own = instance.exports;
  const ask = what => {
    const text = Buffer.from(JSON.stringify(what));
    const at = own.input(text.length);
    Buffer.from(own.memory.buffer, at, text.length).set(text);
    const read = length => Buffer.from(own.memory.buffer, own.output(), length).toString();
    try {
      return JSON.parse(read(own.call()));
    } catch (error) {
      throw new Error(`${what.do} of ${what.file}: ${error.message}: ${read(own.length())}`, { cause: error });
    }
  };
  return { ask, runs: () => runs };
};

// What `poolsim play` prints for lines from a pipe: each with its prompt, as if it had been typed.
const played = (ask, file, text, seed, lines) => {
  let told = ask({ do: 'play', file: path.basename(file), text, seed });
  let printed = told.said;
  for (const line of lines) {
    if (told.next === 'ends') { break; }
    printed += told.prompt + line + '\n';
    told = ask(told.next === 'answer' ? { do: 'answer', line } : { do: 'type', line });
    printed += told.said;
  }
  return printed;
};

(async () => {
  const { ask, runs } = await open(zlib.gunzipSync(fs.readFileSync(module_)));
  const files = new Map();
  for (const line of fs.readFileSync('tests/digests.txt', 'utf8').trim().split('\n')) {
    const file = line.slice(0, line.indexOf(' '));
    files.set(file, (files.get(file) || []).concat(line));
  }
  let cases = 0;
  for (const [file, expected] of files) {
    const text = fs.readFileSync(file, 'utf8');
    const told = ask({ do: 'digests', file, text });
    if (!told.cases) { fail(`${file} is refused: ${JSON.stringify(told)}`); }
    const got = told.cases.map(([world, recovery, events, digest]) => `${file} ${world || '-'} ${recovery || '-'} ${events} ${digest}`);
    if (got.join('\n') !== expected.join('\n')) { fail(`other digests than those written down:\n${expected.join('\n')}\n${got.join('\n')}`); }
    cases += got.length;
  }
  if (cases < 200) { fail(`only ${cases} cases`); }

  // Every tenth story, word for word.
  const told = Array.from(files.keys()).filter((_, at) => at % 10 === 0);
  for (const file of told) {
    const text = fs.readFileSync(file, 'utf8');
    const native = spawnSync(program, ['run', file], { encoding: 'utf8' }).stdout;
    const { story } = ask({ do: 'run', file: path.basename(file), text });
    if (story !== native) { fail(`${file} is told otherwise:\n${native}\n--- and here:\n${story}`); }
  }

  let sessions = 0;
  for (const file of ['first-dead-member', 'an-sr-left-out', 'two-masters'].map(name => `scenarios/drills/${name}.yaml`)) {
    const text = fs.readFileSync(file, 'utf8');
    const [solved] = fs.readFileSync(file.replace('scenarios', 'tests').replace('.yaml', '.txt'), 'utf8').split(/^== .*\n/m).slice(1);
    const lines = solved.trim().split('\n').concat('status', 'finish');
    const native = spawnSync(program, ['play', file, '--seed', '3'], { input: lines.join('\n') + '\n', encoding: 'utf8' }).stdout;
    const here = played(ask, file, text, '3', lines);
    if (here !== native) { fail(`${file} is played otherwise:\n${native}\n--- and here:\n${here}`); }
    sessions += 1;
  }

  // A file that is refused, with its place; letters that are two units of a JavaScript string stand before it.
  const wrong = 'title: "\u{1f600}"\npool: {hosts: [alpha], vms: {db: {running-on: alhpa}}}\n';
  const { diagnostics } = ask({ do: 'check', file: 'x.yaml', text: wrong });
  const places = Object.fromEntries(diagnostics.map(told => [told.code, wrong.slice(told.from, told.to)]));
  if (places['unknown-name'] !== 'alhpa' || places['no-sr'] !== 'db') { fail(`the place of a mistake: ${JSON.stringify(diagnostics)}`); }

  // What a scenario includes, as far as it was handed in; what is wrong with a part is told where the scenario names it.
  const includes = 'includes: [../shared/pool.part.yaml]\ntitle: A part\n';
  const part = 'pool: {hosts: [alpha, beta]}\n';
  const asked = parts => ask({ do: 'check', file: 'x.yaml', text: includes, parts });
  const [without, whole, broken] = [asked({}), asked({ 'pool.part.yaml': part }), asked({ 'pool.part.yaml': part + 'no: 1\n' })];
  if (!/pool\.part\.yaml.*can't be read.*"Open"/.test(without.diagnostics[0].message)) { fail(`a part that is not there: ${JSON.stringify(without)}`); }
  if (!whole.holds || whole.holds.title !== 'A part') { fail(`a part is not read: ${JSON.stringify(whole)}`); }
  const ofPart = broken.diagnostics.find(told => /pool\.part\.yaml, line 2: .*`no`/.test(told.message));
  if (!ofPart || includes.slice(ofPart.from, ofPart.to) !== 'pool.part.yaml') { fail(`a mistake of a part: ${JSON.stringify(broken)}`); }

  const text = fs.readFileSync('scenarios/forget/any-order.yaml', 'utf8');
  const counted = ask({ do: 'orders', file: 'any-order.yaml', text, count: true });
  const { told: orders } = ask({ do: 'orders', file: 'any-order.yaml', text });
  const native = execFileSync(program, ['orders', 'scenarios/forget/any-order.yaml'], { encoding: 'utf8' });
  if (orders !== native) { fail(`orders are told otherwise:\n${native}\n--- and here:\n${orders}`); }
  if (runs() !== counted.runs) { fail(`${runs()} of ${counted.runs} runs were told of`); }
  console.log(`wasm: ${cases} digests, ${told.length} stories, ${sessions} sessions, ${counted.runs} runs of orders: as natively`);
})().catch(error => fail(error.stack));
