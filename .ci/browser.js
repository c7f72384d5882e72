// Opens every page below a folder and uses it: no errors and no requests, nothing wider than the screen, the slider moves and
// the state follows, keys and deep links work.
'use strict';
const { chromium } = require('playwright-core');
const axe = require('./axe.js');
const fs = require('fs');
const path = require('path');

const folder = path.resolve(process.argv[2]);
// Where pictures are left for whoever wants to look at them, if anywhere.
const shots = process.argv[3];
const shot = async (page, file, how) => {
  if (shots) { await page.screenshot({ path: path.join(shots, `${path.basename(file, '.html')}-${how}.png`), fullPage: how !== '390' }); }
};
const fail = words => { throw new Error(words); };

const look = async (page, file, first) => {
  await page.goto('file://' + file);
  const frames = await page.evaluate(() => JSON.parse(document.querySelector('.case.told .data').textContent).frames.map(frame => [frame[0], frame[1]]));
  const read = () => page.evaluate(() => {
    const told = document.querySelector('.case.told');
    return { at: told.querySelector('output').textContent, when: told.querySelector('.when').textContent, slider: Number(/** @type {HTMLInputElement} */ (told.querySelector('.slider')).value),
      rows: Array.from(told.querySelectorAll('.pool tr[data-row]')).map(row => row.textContent).join('|') };
  });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) { fail(`${over} pixels wider than the screen`); }
  await page.keyboard.press('Home');
  const home = await read();
  if (home.slider !== 0 || home.at !== frames[0][1] || home.when !== home.at) { fail('Home does not go to the first instant'); }
  await page.keyboard.press('End');
  const end = await read();
  if (end.slider !== frames.length - 1 || end.at !== frames[frames.length - 1][1]) { fail('End does not go to the last instant'); }
  if (frames.length > 1) {
    await page.keyboard.press('ArrowLeft');
    if ((await read()).slider !== frames.length - 2) { fail('a key does not go back'); }
    // What the script shows is the sum of the changes up to there.
    const middle = Math.floor(frames.length / 2);
    await page.evaluate(to => {
      const slider = /** @type {HTMLInputElement} */ (document.querySelector('.case.told .slider'));
      slider.value = String(to);
      slider.dispatchEvent(new Event('input'));
    }, middle);
    const there = await read();
    if (there.at !== frames[middle][1]) { fail('the slider does not move it'); }
    if (first) {
      await page.goto('about:blank');
      await page.goto('file://' + file + '#t=' + frames[middle][1]);
      const linked = await read();
      if (linked.at !== there.at || linked.rows !== there.rows) { fail('a link to an instant shows another'); }
      await page.keyboard.press('p');
      if (!await page.evaluate(() => document.body.classList.contains('presenting'))) { fail('p is no presenter'); }
      const hidden = await page.evaluate(() => getComputedStyle(document.querySelector('.case.told td.truth')).visibility);
      await page.keyboard.press('t');
      const shown = await page.evaluate(() => getComputedStyle(document.querySelector('.case.told td.truth')).visibility);
      if (hidden === shown) { fail('the presenter hides no truth'); }
      await page.keyboard.press('t');
      const told = await page.evaluate(() => Array.from(document.querySelectorAll('.case.told h2:not(.unseen), .case.told .flag.fault'))
        .some(part => getComputedStyle(part).visibility !== 'hidden'));
      if (told) { fail('the presenter tells the world, or what broke'); }
    }
  }
};

// A page of another kind: all folds open, nothing wider than the screen, a filter that narrows.
const other = async (page, file) => {
  await page.goto('file://' + file);
  const fits = async when => {
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) { fail(`${over} pixels wider than the screen ${when}`); }
  };
  await fits('at first');
  const folds = page.locator('details:not([open])');
  for (let left = await folds.count(); left > 0; left -= 1) { await folds.first().locator('summary').click(); }
  await fits('with all folds open');
  const filter = page.locator('.listing .filter');
  if (await filter.count() > 0) {
    const rows = () => page.evaluate(() => Array.from(document.querySelectorAll('.listing tbody tr')).filter(row => /** @type {HTMLElement} */ (row).offsetParent !== null).length);
    const all = await rows();
    await filter.fill('corruption');
    const some = await rows();
    if (!(some > 0 && some < all)) { fail(`the filter leaves ${some} of ${all}`); }
    await filter.fill('');
    await page.locator('.listing .only-ill').check();
    const ill = await rows();
    if (!(ill > 0 && ill < all)) { fail(`${ill} of ${all} are not as expected`); }
    const link = page.locator('.listing tbody tr.ill a').first();
    const to = (await link.getAttribute('href')).slice(1);
    await link.click();
    if (!await page.evaluate(id => document.getElementById(id) !== null, to)) { fail(`a row leads to ${to}, which is not there`); }
  }
};

// The names of the lanes stay in view, however far to the right the picture is scrolled.
const names = async page => {
  const seen = await page.evaluate(() => Array.from(document.querySelectorAll('.lanes')).filter(one => one.clientWidth > 0).map(one => {
    one.scrollLeft = one.scrollWidth;
    const [box, margin] = [one.getBoundingClientRect(), one.querySelector('.names').getBoundingClientRect()];
    return { moved: one.scrollLeft, off: Math.abs(margin.left - box.left), wide: margin.width, words: one.querySelectorAll('.names .name').length };
  }));
  const lost = seen.filter(one => one.moved > 0 && (one.off > 2 || one.wide < 80 || one.words === 0));
  if (lost.length > 0) { fail(`the names of ${lost.length} pictures are out of view`); }
  return seen.filter(one => one.moved > 0).length;
};

// A page as it is printed, whatever the screen's colours: dark on white, nothing cut off, the picture with its hatching, all folds open.
const printed = async (page, file) => {
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const wrong = await page.evaluate(() => {
    const found = [];
    const light = colour => colour.match(/\d+/g).slice(0, 3).every(part => Number(part) > 230);
    if (!light(getComputedStyle(document.body).backgroundColor) && getComputedStyle(document.body).backgroundColor !== 'rgba(0, 0, 0, 0)') { found.push('a dark ground'); }
    if (light(getComputedStyle(document.body).color)) { found.push('light letters'); }
    const shown = selector => Array.from(document.querySelectorAll(selector)).filter(one => one.getClientRects().length > 0);
    for (const one of shown('.wide, .tall, .scroll')) {
      if (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== 'visible') {
        found.push(`${one.className} is cut off: ${one.scrollWidth}x${one.scrollHeight} in ${one.clientWidth}x${one.clientHeight}`);
      }
    }
    for (const one of shown('.picture, .orders, .heat')) {
      const box = one.getBoundingClientRect();
      if (box.right > document.documentElement.clientWidth + 1) { found.push(`a picture is ${Math.round(box.right)} wide`); }
      if (light(getComputedStyle(one.querySelector('text')).fill)) { found.push('a picture has light letters'); }
    }
    if (shown('.controls, .filtering, .names').length > 0) { found.push('what only a screen can use is printed'); }
    if (shown('.gap').some(one => !one.getAttribute('fill').startsWith('url(#gap'))) { found.push('a gap is not hatched'); }
    const folds = Array.from(document.querySelectorAll('details')).filter(one => one.getClientRects().length > 0);
    if (folds.some(one => one.lastElementChild.getBoundingClientRect().height === 0)) { found.push('a fold is closed'); }
    return found;
  });
  await shot(page, file, 'printed');
  await page.emulateMedia({ media: 'screen', colorScheme: null });
  if (wrong.length > 0) { fail(`printed: ${Array.from(new Set(wrong)).join(', ')}`); }
};

// Each diagram is parsed and drawn by Mermaid itself.
const diagrams = async (page, folder) => {
  await page.goto('about:blank');
  await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') });
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.mmd')).sort();
  if (files.length < 100) { fail(`only ${files.length} diagrams`); }
  let wrong = 0;
  for (const name of files) {
    const said = await page.evaluate(async text => {
      // What the script that was added calls itself.
      const mermaid = /** @type {any} */ (window).mermaid;
      try {
        mermaid.initialize({ startOnLoad: false });
        await mermaid.parse(text);
        const { svg } = await mermaid.render('drawn', text);
        return svg.includes('<svg') ? '' : 'no picture';
      } catch (error) {
        return String(error.message);
      }
    }, fs.readFileSync(path.join(folder, name), 'utf8'));
    if (said !== '') {
      wrong += 1;
      console.error(`${name}: ${said}`);
    }
  }
  console.log(`browser: ${files.length} diagrams drawn by Mermaid, ${wrong} wrong`);
  return wrong;
};

// Each trace is opened by speedscope, which reads the trace event format by itself and grumbles where slices of a track overlap, or
// one has no end: it finds the tracks that have slices, and nothing to grumble at. Slices that take no time it can't order, and is not
// given: a step may end at the instant at which it and the next begin.
const traces = async (page, folder) => {
  const at = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist', 'release', 'index.html');
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.json')).sort();
  if (files.length < 15) { fail(`only ${files.length} traces`); }
  let heard = [];
  page.on('console', message => { if (message.type() === 'error' || /ended? frame|Tried to end|still open|Empty profile/.test(message.text())) { heard.push(message.text()); } });
  page.on('pageerror', error => heard.push(error.message));
  let wrong = 0;
  for (const name of files) {
    heard = [];
    const all = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
    const text = JSON.stringify({ ...all, traceEvents: all.traceEvents.filter(event => event.ph !== 'X' || event.dur > 0) });
    const tracks = new Set(JSON.parse(text).traceEvents.filter(event => event.ph === 'X').map(event => event.pid + ' ' + event.tid)).size;
    try {
      await page.goto('about:blank');
      await page.goto('file://' + at);
      await page.setInputFiles('input[type=file]', { name, mimeType: 'application/json', buffer: Buffer.from(text) });
      await page.waitForFunction(() => /\(pid \d+\)/.test(document.body.innerText), null, { timeout: 20000 });
      const title = await page.evaluate(() => document.body.innerText);
      if (!(tracks === 1 || title.includes(`/${tracks})`))) { heard.push(`${tracks} tracks, but: ${title}`); }
    } catch (error) {
      heard.push(error.message);
    }
    if (heard.length > 0) {
      wrong += 1;
      console.error(`${name}: ${heard.join('; ')}`);
    }
  }
  console.log(`browser: ${files.length} traces read by speedscope, ${wrong} wrong`);
  return wrong;
};

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.html')).sort().map(name => path.join(folder, name));
  if (files.length < 100) { fail(`only ${files.length} pages`); }
  const listed = folder => fs.readdirSync(folder).filter(name => name.endsWith('.html')).sort().map(name => path.join(folder, name));
  const others = listed(path.resolve(process.env.POOLSIM_OTHERS));
  if (others.length < 10) { fail(`only ${others.length} pages of other kinds`); }
  const spoken = files.filter((_, at) => at % 12 === 0).concat(others);
  let [wrong, audited, scrolled] = [0, 0, 0];
  /** @type {[number, number, 'light' | 'dark'][]} */
  const screens = [[1280, 800, 'light'], [390, 844, 'dark']];
  for (const [width, height, colorScheme] of screens) {
    const page = await (await browser.newContext({ viewport: { width, height }, colorScheme })).newPage();
    let heard = [];
    page.on('console', message => { if (message.type() !== 'info') { heard.push('console: ' + message.text()); } });
    page.on('pageerror', error => heard.push('error: ' + error.message));
    page.on('request', request => { if (!/^(file|about):/.test(request.url())) { heard.push('request: ' + request.url()); } });
    for (const file of files.concat(others)) {
      heard = [];
      try {
        if (others.includes(file)) { await other(page, file); } else { await look(page, file, width === 1280); }
        if (width < 1000) { scrolled += await names(page); }
        if (spoken.includes(file)) {
          await page.goto('about:blank');
          await page.goto('file://' + file);
          heard.push(...await axe(page));
          audited += 1;
          await shot(page, file, String(width));
        }
      } catch (error) {
        heard.push(error.message);
      }
      if (heard.length > 0) {
        wrong += 1;
        console.error(`${path.basename(file)} at ${width}: ${heard.join('; ')}`);
      }
    }
  }
  if (scrolled < 100) { fail(`only ${scrolled} pictures were scrolled`); }
  // A sheet of A4 between its edges, at the pixels that browsers take it for.
  const paper = await (await browser.newContext({ viewport: { width: 718, height: 1016 } })).newPage();
  for (const file of spoken) {
    try {
      await paper.goto('file://' + file);
      await printed(paper, file);
    } catch (error) {
      wrong += 1;
      console.error(`${path.basename(file)}: ${error.message}`);
    }
  }
  wrong += await diagrams(await browser.newPage(), path.resolve(process.env.POOLSIM_DIAGRAMS));
  wrong += await traces(await browser.newPage(), path.resolve(process.env.POOLSIM_TRACES));
  await browser.close();
  console.log(`browser: ${files.length + others.length} pages opened twice, ${audited} times heard by axe, ${spoken.length} printed; ${wrong} wrong`);
  process.exit(wrong === 0 ? 0 : 1);
})().catch(error => { console.error(error); process.exit(1); });
