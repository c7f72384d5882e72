// Uses the playground as people do: types a mistake and sees it underlined and mends it, reads the story, plays a drill to its end,
// tries every order, shares a link and opens it, from a file and from a static server. No errors, and no request to anywhere.
'use strict';
const { chromium } = require('playwright-core');
const axe = require('./axe.js');
const fs = require('fs');
const http = require('http');
const path = require('path');

const [folder, shots] = process.argv.slice(2);
const file = path.resolve(folder, 'index.html');
const fail = words => { throw new Error(words); };
// What a worker takes its time for.
const WAIT = { timeout: 60000 };

const story = page => page.locator('#story .console').textContent();
const ran = page => page.waitForFunction(() => document.querySelector('#side').getAttribute('aria-busy') === 'false' && /worst/.test(document.querySelector('#state').textContent), null, WAIT);
const shot = async (page, name) => { if (shots) { await page.screenshot({ path: path.join(shots, name + '.png') }); } };

const noWider = async (page, what) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) { fail(`${what}: ${over} pixels wider than the screen`); }
};

// On a narrow screen the editor is a tab of its own.
const toEditor = async page => {
  if (await page.locator('#tab-scenario').isVisible()) { await page.click('#tab-scenario'); }
};

const aMistake = async page => {
  await toEditor(page);
  const text = await page.locator('#editor').inputValue();
  const word = 'running-on: ';
  const at = text.indexOf(word) + word.length;
  if (at < word.length) { fail('the first story has no VM'); }
  await page.locator('#editor').focus();
  await page.evaluate(place => /** @type {HTMLTextAreaElement} */ (document.querySelector('#editor')).setSelectionRange(place, place), at);
  await page.keyboard.type('x');
  await page.waitForSelector('#scenario .mirror .mark.error', WAIT);
  const marked = await page.locator('#scenario .mirror .mark.error').first().textContent();
  const said = await page.locator('#found').textContent();
  const line = await page.locator('#scenario .behind.error').first().textContent();
  if (!marked.startsWith('x') || !said.includes(marked) || !line.includes(marked)) { fail(`what is underlined is ${marked}, and what is said ${said}`); }
  // It stands under the very letters: where the text area has its caret, the mark begins.
  const [mark, area] = await page.evaluate(() => {
    const box = element => element.getBoundingClientRect();
    const one = box(document.querySelector('#scenario .mirror .mark.error'));
    const editor = /** @type {HTMLTextAreaElement} */ (document.querySelector('#editor'));
    const style = getComputedStyle(editor);
    const before = editor.value.slice(0, editor.selectionStart - 1).split('\n');
    const paper = box(editor);
    const ruler = document.createElement('span');
    ruler.className = 'console';
    ruler.style.font = style.font;
    ruler.style.whiteSpace = 'pre';
    ruler.style.padding = '0';
    ruler.style.position = 'absolute';
    ruler.textContent = before[before.length - 1];
    document.body.append(ruler);
    const width = box(ruler).width;
    ruler.remove();
    const left = paper.left + Number.parseFloat(style.paddingLeft) + width;
    const top = paper.top + Number.parseFloat(style.paddingTop) + (before.length - 1) * Number.parseFloat(style.lineHeight);
    return [[one.left, one.top], [left, top]];
  });
  if (Math.abs(mark[0] - area[0]) > 2 || Math.abs(mark[1] - area[1]) > 6) { fail(`the mark stands at ${mark}, its letters at ${area}`); }
  await shot(page, 'mistake-' + page.viewportSize().width);
  await page.keyboard.press('Backspace');
  await page.waitForFunction(() => document.querySelectorAll('#scenario .mark.error').length === 0 && /Nothing is wrong|warning/.test(document.querySelector('#found').textContent), null, WAIT);
  await ran(page);
};

const aPicture = async page => {
  await page.click('#tab-picture');
  const frame = page.frameLocator('#picture iframe');
  await frame.locator('.scripted .case.told svg.picture').waitFor(WAIT);
  const output = frame.locator('.case.told output');
  const first = await output.textContent();
  let at = first;
  // The frame is a process of its own: a click that comes while it begins to be drawn is lost, as one by hand would be.
  for (let tries = 0; at === first && tries < 20; tries += 1) {
    await frame.locator('.case.told .on').click();
    await page.waitForTimeout(200);
    at = await output.textContent();
  }
  await page.waitForFunction(words => location.hash.includes('at=') && decodeURIComponent(location.hash).includes('t=' + words), at, WAIT);
  await shot(page, 'picture-' + page.viewportSize().width);
  return at;
};

const choose = async (page, words) => {
  await page.click('#choose');
  await page.fill('#filter', words);
  await shot(page, 'stories-' + page.viewportSize().width);
  await page.keyboard.press('Enter');
};

const type = async (page, line) => {
  await page.fill('#line', line);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('form.line').getAttribute('aria-busy') !== 'true', null, WAIT);
};

// The drill's own recorded way, which is safe in every world.
const aDrill = async page => {
  const lines = fs.readFileSync('tests/drills/first-dead-member.txt', 'utf8').split(/^== .*\n/m)[1].trim().split('\n');
  await choose(page, 'first-dead-member');
  await page.waitForSelector('#line:visible', WAIT);
  if (await page.locator('#scenario').isVisible()) { fail('the scenario stands beside the drill, and tells what may be so'); }
  await page.fill('#line', 'xe vm-strat vm=db');
  await page.waitForSelector('#play .typing .mark.error', WAIT);
  if (await page.locator('#play .typing .mark.error').textContent() !== 'vm-strat') { fail('a mistake at the desk is not underlined'); }
  await page.fill('#line', 'stat');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => /** @type {HTMLInputElement} */ (document.querySelector('#line')).value === 'status', null, WAIT);
  await type(page, 'status');
  for (const line of lines) { await type(page, line); }
  await shot(page, 'drill-' + page.viewportSize().width);
  await type(page, 'finish');
  const said = await page.locator('#play .console').textContent();
  if (!/the goal was reached|Goal\s+reached|goal .*reached/i.test(said)) { fail(`the drill was not done:\n${said}`); }
  if (await page.locator('form.line').isVisible()) { fail('the drill is over, and lines are still read'); }
  await shot(page, 'debriefing-' + page.viewportSize().width);
};

const orders = async page => {
  await choose(page, 'any-order');
  await ran(page);
  await page.click('#tab-orders');
  await page.click('#try');
  await page.waitForFunction(() => /safe/.test(document.querySelector('#orders .console').textContent) && !/** @type {HTMLButtonElement} */ (document.querySelector('#try')).disabled, null, WAIT);
  await shot(page, 'orders-' + page.viewportSize().width);
};

// What one page shares, another that has never seen it shows: the scenario, the seed, the instant.
const aLink = async (page, fresh, address) => {
  await toEditor(page);
  await page.locator('#editor').focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('# <img src=x onerror=alert(1)></textarea> für Ωμέγα \u{1f600}\n');
  await page.fill('#seed', '7');
  await ran(page);
  const text = await page.locator('#editor').inputValue();
  const at = await aPicture(page);
  await page.click('#share');
  await page.waitForSelector('#sharing[open]', WAIT);
  const link = await page.locator('#sharing textarea').inputValue();
  await shot(page, 'share-' + page.viewportSize().width);
  if (!link.startsWith(address + '#')) { fail(`the link is ${link}`); }
  await page.keyboard.press('Escape');
  await fresh.goto('about:blank');
  await fresh.goto(link);
  await fresh.locator('#picture iframe').waitFor(WAIT);
  if (await fresh.locator('#editor').inputValue() !== text || await fresh.locator('#seed').inputValue() !== '7') { fail('the link opens something else'); }
  const shown = fresh.frameLocator('#picture iframe').locator('.case.told output');
  await shown.waitFor(WAIT);
  await fresh.waitForTimeout(300);
  if (await shown.textContent() !== at) { fail(`the link opens ${await shown.textContent()} and not ${at}`); }
  if (await fresh.evaluate(() => document.querySelectorAll('img').length) > 0) { fail('a word of a link became a picture'); }
  if (!(await story(fresh)).includes('seed 7')) { fail('the link runs another seed'); }
};

// A link that somebody damaged, or that unpacks to more than any scenario, is refused, and the page lives on.
const wrongLinks = async (page, address) => {
  const zlib = require('zlib');
  const bomb = zlib.deflateRawSync(Buffer.alloc(50000000)).toString('base64url');
  for (const part of ['s=%%%', 's=AAAA', 's=' + bomb, 's=AAAA&p=' + bomb]) {
    await page.goto('about:blank');
    await page.goto(address + '#' + part);
    await page.waitForFunction(() => /damaged|worst/.test(document.querySelector('#state').textContent), null, WAIT);
    if (!/[a-z]/.test(await page.locator('#editor').inputValue())) { fail(`${part.slice(0, 20)} leaves nothing in the editor`); }
  }
};

// A scenario and the part that it includes are opened together, and a link carries both; without the part it is said what is missing.
const aPart = async (page, fresh) => {
  const scenario = { name: 'shared pool.yaml', mimeType: 'text/yaml', buffer: Buffer.from('includes: [../shared/pool.part.yaml]\ntitle: Of two files\ntimeline:\n  - {at: 1m, fault: {crash: beta}}\n') };
  const part = { name: 'pool.part.yaml', mimeType: 'text/yaml', buffer: Buffer.from('pool:\n  hosts: [alpha, beta]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\n') };
  await page.setInputFiles('#files', [scenario]);
  await page.waitForFunction(() => /can't be read: a page reads no files/.test(document.querySelector('#found').textContent), null, WAIT);
  await page.setInputFiles('#files', [part]);
  await ran(page);
  await page.setInputFiles('#files', [scenario, part]);
  await ran(page);
  if (!(await story(page)).includes('Of two files') || !(await page.locator('#file').textContent()).includes('with pool.part.yaml')) { fail('two files are not one scenario'); }
  await page.waitForFunction(() => location.hash.includes('p='), null, WAIT);
  await fresh.goto('about:blank');
  await fresh.goto(page.url());
  await ran(fresh);
  if (!(await story(fresh)).includes('Of two files')) { fail('a link loses the part'); }
};

// What is wrong for who hears the page; the report's page in its frame is heard by itself.
const heardBy = async (page, what) => {
  const said = await axe(page);
  if (said.length > 0) { fail(`${what}: ${said.join('; ')}`); }
};

const served = () => new Promise(resolve => {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(request.url === '/' ? fs.readFileSync(file) : '');
  });
  server.listen(0, '127.0.0.1', () => resolve(server));
});

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const server = await served();
  const addresses = { file: 'file://' + file, http: `http://127.0.0.1:${server.address().port}/` };
  let wrong = 0;
  /** @type {['file' | 'http', number, number, 'light' | 'dark'][]} */
  const ways = [['file', 1280, 800, 'light'], ['http', 390, 844, 'dark']];
  for (const [way, width, height, colorScheme] of ways) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const address = addresses[way];
    const heard = [];
    const open = async () => {
      const page = await context.newPage();
      page.on('console', message => { if (message.type() !== 'info') { heard.push('console: ' + message.text()); } });
      page.on('pageerror', error => heard.push('error: ' + error.message));
      page.on('request', request => { if (!/^(about|blob|data):/.test(request.url()) && request.url().split('#')[0] !== address) { heard.push('request: ' + request.url()); } });
      return page;
    };
    const page = await open();
    let step = 'begin';
    try {
      await page.goto(address);
      await ran(page);
      if (!(await story(page)).includes('forgotten-while-it-runs')) { fail('the first story is not told'); }
      await shot(page, 'story-' + width);
      await noWider(page, 'the story');
      await heardBy(page, 'the story');
      step = 'mistake';
      await aMistake(page);
      await noWider(page, 'a mistake');
      await heardBy(page, 'a mistake');
      step = 'parts';
      await aPart(page, await open());
      await page.goto('about:blank');
      await page.goto(address);
      await ran(page);
      step = 'link';
      await aLink(page, await open(), address);
      step = 'wrong links';
      await wrongLinks(await open(), address);
      step = 'drill';
      await aDrill(page);
      await noWider(page, 'a drill');
      await heardBy(page, 'a drill');
      step = 'orders';
      await orders(page);
      await noWider(page, 'orders');
      await heardBy(page, 'orders');
    } catch (error) {
      heard.push(`${step}: ${error.message}`);
      await shot(page, 'failed-' + width);
    }
    // Even its own script could ask nobody, not the server that it came from.
    const before = heard.slice();
    const went = await page.evaluate(there => fetch(there).then(() => true, () => false), addresses.http);
    heard.splice(0, heard.length, ...before, ...(went ? ['the policy lets a request through'] : []));
    if (heard.length > 0) {
      wrong += 1;
      console.error(`the playground from ${way} at ${width}: ${heard.join('; ')}`);
    }
  }
  await browser.close();
  server.close();
  console.log(`playground: used twice, ${wrong} times wrong`);
  process.exit(wrong === 0 ? 0 : 1);
})().catch(error => { console.error(error); process.exit(1); });
