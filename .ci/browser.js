// Opens every page below a folder and uses it: no errors and no requests, nothing wider than the screen, the slider moves and
// the state follows, keys and deep links work.
'use strict';
const { chromium } = require('playwright-core');
const fs = require('fs');
const path = require('path');

const folder = path.resolve(process.argv[2]);
const fail = words => { throw new Error(words); };

const look = async (page, file, first) => {
  await page.goto('file://' + file);
  const frames = await page.evaluate(() => JSON.parse(document.querySelector('.case.told .data').textContent).frames.map(frame => [frame[0], frame[1]]));
  const read = () => page.evaluate(() => {
    const told = document.querySelector('.case.told');
    return { at: told.querySelector('output').textContent, when: told.querySelector('.when').textContent, slider: Number(told.querySelector('.slider').value),
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
      const slider = document.querySelector('.case.told .slider');
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
      const told = await page.evaluate(() => Array.from(document.querySelectorAll('.case.told h2, .case.told .flag.fault'))
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
    const rows = () => page.evaluate(() => Array.from(document.querySelectorAll('.listing tbody tr')).filter(row => row.offsetParent !== null).length);
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

// Each diagram is parsed and drawn by Mermaid itself.
const diagrams = async (page, folder) => {
  await page.goto('about:blank');
  await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') });
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.mmd')).sort();
  if (files.length < 100) { fail(`only ${files.length} diagrams`); }
  let wrong = 0;
  for (const name of files) {
    const said = await page.evaluate(async text => {
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

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.html')).sort().map(name => path.join(folder, name));
  if (files.length < 100) { fail(`only ${files.length} pages`); }
  const listed = folder => fs.readdirSync(folder).filter(name => name.endsWith('.html')).sort().map(name => path.join(folder, name));
  const others = listed(path.resolve(process.env.POOLSIM_OTHERS));
  if (others.length < 7) { fail(`only ${others.length} pages of other kinds`); }
  let wrong = 0;
  for (const [width, height, colorScheme] of [[1280, 800, 'light'], [390, 844, 'dark']]) {
    const page = await (await browser.newContext({ viewport: { width, height }, colorScheme })).newPage();
    let heard = [];
    page.on('console', message => { if (message.type() !== 'info') { heard.push('console: ' + message.text()); } });
    page.on('pageerror', error => heard.push('error: ' + error.message));
    page.on('request', request => { if (!/^(file|about):/.test(request.url())) { heard.push('request: ' + request.url()); } });
    for (const file of files.concat(others)) {
      heard = [];
      try {
        if (others.includes(file)) { await other(page, file); } else { await look(page, file, width === 1280); }
      } catch (error) {
        heard.push(error.message);
      }
      if (heard.length > 0) {
        wrong += 1;
        console.error(`${path.basename(file)} at ${width}: ${heard.join('; ')}`);
      }
    }
  }
  wrong += await diagrams(await browser.newPage(), path.resolve(process.env.POOLSIM_DIAGRAMS));
  await browser.close();
  console.log(`browser: ${files.length + others.length} pages opened twice, ${wrong} wrong`);
  process.exit(wrong === 0 ? 0 : 1);
})().catch(error => { console.error(error); process.exit(1); });
