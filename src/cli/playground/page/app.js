// What the page is: the scenario in the editor, what comes of it beside, and the address that holds both.

const app = (() => {
  const shipped = JSON.parse(one('#shipped').textContent);
  const [checker, runner, sorter] = [new Helper(), new Helper(), new Helper()];
  const narrow = matchMedia('(max-width: 899px)');
  const frame = make('iframe', { sandbox: 'allow-scripts', title: 'The report\'s page' });
  /** @type {{text: string, file: string, parts: {[name: string]: string}, seed: string, at: string, tab: string}} */
  const state = { text: '', file: 'scenario.yaml', parts: {}, seed: '', at: '', tab: 'story' };
  // The newest run's page, what the address was last given, what the scenario holds, and how often something was begun.
  let [page, address, turn] = ['', '', 0];
  /** @type {any} */
  let holds = null;

  // From the first letter that is typed to the end of the run that it asks for.
  const busy = on => one('#side').setAttribute('aria-busy', String(on));
  const say = words => { one('#state').textContent = words; };

  const remember = async push => {
    const hash = await written(state);
    if (hash === address) { return; }
    address = hash;
    try {
      if (push) { history.pushState(null, '', hash); } else { history.replaceState(null, '', hash); }
    } catch {
      // Too long for this browser, or refused to a page from a file: sharing says the link all the same.
    }
  };
  const rememberSoon = later(400, () => remember(false));

  // The diagnostics below the editor, each with its place and a way to mend it.
  const tell = (diagnostics, text) => {
    const item = told => {
      const go = make('button', { type: 'button', class: 'go', onclick: () => { show('scenario'); editor.go(told.from, told.to); } }, `line ${told.line}`);
      const what = make('div', { class: 'what' }, make('p', {}, make('strong', { class: told.severity }, told.severity), ' ', told.message));
      if (told.help !== '') { what.append(make('p', { class: 'help' }, told.help)); }
      const more = make('button', { type: 'button', class: 'code', 'aria-label': `What ${told.code} means` }, told.code);
      more.addEventListener('click', async () => {
        more.disabled = true;
        const { entries } = await checker.ask({ do: 'explain', topic: told.code }).catch(() => ({ entries: [] }));
        entries.slice(0, 1).forEach(entry => what.append(make('pre', {}, entry.text)));
      });
      return make('li', { class: told.severity }, go, what, more);
    };
    const errors = diagnostics.filter(told => told.severity === 'error').length;
    const warnings = diagnostics.length - errors;
    const head = diagnostics.length === 0 ? 'Nothing is wrong with it.'
      : [errors ? count(errors, 'mistake') : '', warnings ? count(warnings, 'warning') : ''].filter(words => words !== '').join(', ');
    one('#found').replaceChildren(make('h3', { class: errors ? 'error' : warnings ? 'warning' : 'fine' }, head),
      make('ul', {}, ...diagnostics.slice(0, 50).map(item)));
    if (editor.text() === text) { editor.mark(diagnostics); }
  };

  const holding = told => {
    holds = told;
    const worlds = one('#worlds');
    worlds.hidden = told.drill || told.worlds.length < 2;
    const fill = (select, first, values) => {
      const before = select.value;
      select.replaceChildren(...first, ...values.map(value => make('option', { value }, value)));
      if (Array.from(select.options).some(option => option.value === before)) { select.value = before; }
    };
    fill(worlds.querySelector('select'), [worlds.querySelector('option')], told.worlds);
    const recoveries = told.recoveries.filter(name => name !== null);
    one('#recoveries').hidden = recoveries.length < 2;
    fill(one('#recoveries select'), [], recoveries);
    one('#seed').placeholder = told.seed;
  };

  const look = async () => {
    const text = editor.text();
    if (looked.text === text) {
      if (holds !== null) { runSoon(); } else { busy(false); }
      return;
    }
    looked.text = text;
    try {
      const told = await checker.ask({ do: 'check', file: state.file, parts: state.parts, text });
      if (editor.text() !== text) { return; }
      tell(told.diagnostics, text);
      if (told.holds) {
        holding(told.holds);
        runSoon();
      } else {
        holds = null;
        stale('mistakes: the story is that of before');
      }
    } catch (error) {
      say(error.message);
    }
  };
  // One look after the other: of several that wait only the last finds a text that was not looked at.
  /** @type {{text: string | null, last: Promise<void>}} */
  const looked = { text: null, last: Promise.resolve() };
  const check = () => {
    looked.last = looked.last.then(look);
    return looked.last;
  };
  const checkSoon = later(120, check);

  const stale = words => {
    say(words);
    busy(false);
    runner.stop();
    ran.key = null;
    one('#story').classList.add('stale');
    one('#picture').classList.add('stale');
  };

  const keyNow = () => JSON.stringify([state.text, state.seed, state.file, state.parts]);
  const run = async () => {
    const key = keyNow();
    if (ran.key === key) {
      busy(ran.underWay);
      return;
    }
    ran.key = key;
    runner.stop();
    busy(true);
    ran.underWay = true;
    say('running …');
    try {
      const told = await runner.ask({ do: 'run', file: state.file, parts: state.parts, text: state.text, seed: state.seed, page: true, colour: true });
      if (told.diagnostics || told.wrong) { throw new Error(told.wrong || 'the scenario has mistakes'); }
      one('#story .console').replaceChildren(coloured(told.story));
      page = told.page;
      frame.shown = null;
      one('#story').classList.remove('stale');
      one('#picture').classList.remove('stale');
      say(`${count(told.cases, 'case')}, worst ${told.worst}`);
      picture();
    } catch (error) {
      if (error instanceof Stopped) { return; }
      say(error.message);
    }
    ran.underWay = false;
    // Something may have been typed since.
    if (keyNow() === key) { busy(false); }
  };
  /** @type {{key: string | null, underWay: boolean}} */
  const ran = { key: null, underWay: false };
  const runSoon = later(250, run);

  // The report's page stands in a frame that may run the page's script and do nothing else.
  const picture = () => {
    if (one('#picture').hidden || page === '' || frame.shown === page) { return; }
    frame.shown = page;
    one('#picture').replaceChildren(frame);
    const bridge = one('#bridge').textContent;
    frame.onload = () => { if (state.at !== '') { frame.contentWindow.postMessage({ go: '#' + state.at }, '*'); } };
    frame.srcdoc = page.replace(/<head>/, () => '<head><' + 'script>' + bridge + '</' + 'script>');
  };
  addEventListener('message', event => {
    if (event.source !== frame.contentWindow || !event.data || typeof event.data.at !== 'string') { return; }
    const at = event.data.at.slice(1);
    if (/^(case=\d{1,6}&)?t=[0-9a-z]{1,40}$/.test(at)) {
      state.at = at;
      rememberSoon();
    }
  });

  const show = tab => {
    const shown = tab === 'scenario' && !narrow.matches ? 'story' : tab;
    if (shown !== 'scenario' || narrow.matches) { state.tab = shown; }
    TABS.forEach(name => {
      const chosen = name === shown;
      const button = one('#tab-' + name);
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      if (name !== 'scenario') { one('#' + name).hidden = !chosen; }
    });
    document.body.dataset.tab = shown;
    if (shown === 'picture') { picture(); }
    if (shown === 'play' && holds !== null && !desk.isAt(state.text)) { sit(); }
    rememberSoon();
  };

  // The scenario is not shown beside a drill: it tells what may be so.
  const fold = on => {
    document.body.classList.toggle('folded', on);
    const button = one('#unfold');
    button.hidden = !(on || (holds !== null && holds.drill));
    button.textContent = on ? 'Show the scenario' : 'Hide the scenario';
    button.setAttribute('aria-expanded', String(!on));
  };

  const fresh = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1000000);
  const sit = () => {
    const world = one('#worlds').hidden ? '' : one('#worlds select').value;
    desk.begin({ file: state.file, parts: state.parts, text: state.text, seed: state.seed === '' ? fresh() : state.seed, world });
  };

  const sort = async () => {
    const asked = { file: state.file, parts: state.parts, text: state.text, seed: state.seed, recovery: one('#recoveries select').value, subsets: one('#subsets').checked };
    const [screen, bar] = [one('#orders .console'), one('#progress')];
    const mine = turn += 1;
    sorter.stop();
    one('#leave').hidden = false;
    one('#try').disabled = true;
    try {
      const counted = await sorter.ask({ do: 'orders', count: true, ...asked });
      if (counted.wrong || counted.diagnostics) { throw new Error(counted.wrong || 'the scenario has mistakes: they stand below it'); }
      screen.textContent = `${count(counted.steps, 'step')}, up to ${count(counted.runs, 'run')} …`;
      [bar.hidden, bar.max, bar.value] = [false, counted.runs, 0];
      const { told } = await sorter.ask({ do: 'orders', colour: true, ...asked }, runs => { bar.value = runs; });
      screen.replaceChildren(coloured(told));
    } catch (error) {
      screen.textContent = error instanceof Stopped ? 'Stopped.' : error.message;
    }
    if (mine === turn) {
      one('#leave').hidden = true;
      one('#try').disabled = false;
      bar.hidden = true;
    }
  };

  const load = (file, text, { parts = {}, seed = '', at = '', tab = 'story', push = true } = {}) => {
    Object.assign(state, { file, text, parts, seed, at });
    one('#seed').value = seed;
    const beside = Object.keys(parts);
    one('#file').textContent = file + (beside.length === 0 ? '' : ' with ' + beside.join(', '));
    editor.set(text);
    holds = null;
    busy(true);
    looked.text = null;
    fold(tab === 'play');
    if (tab === 'play') { desk.leave(); }
    state.tab = tab;
    remember(push);
    // Whether it is a drill is known when it has been looked at.
    check().then(() => {
      fold(tab === 'play' && holds !== null && holds.drill);
      show(tab);
    });
    show(tab);
  };

  const list = () => {
    const wanted = one('#filter').value.toLowerCase().split(/\s+/).filter(word => word !== '');
    const matches = story => wanted.every(word => `${story.file} ${story.title} ${story.group}`.toLowerCase().includes(word));
    const groups = new Map();
    shipped.filter(matches).forEach(story => groups.set(story.group, (groups.get(story.group) || []).concat(story)));
    const item = story => make('li', {}, make('button', { type: 'button', onclick: () => {
      one('#stories').close();
      load(story.file, story.text, { tab: story.drill ? 'play' : state.tab === 'play' ? 'story' : state.tab });
    } }, make('strong', {}, story.title), make('span', {}, story.file)));
    const parts = Array.from(groups).map(([group, stories]) => make('section', {}, make('h3', {}, group), make('ul', {}, ...stories.map(item))));
    one('#stories .list').replaceChildren(...(parts.length === 0 ? [make('p', {}, 'None has these words.')] : parts));
  };

  // Files of whoever sits here: a scenario into the editor, and the parts that it may include beside it. They are read, and go nowhere.
  const open = async files => {
    const read = await Promise.all(Array.from(files).map(async file => ({ name: nameOf(file.name), text: file.size > LINK_MOST ? null : await file.text() })));
    const tooLong = read.find(file => file.text === null);
    const whole = read.filter(file => !PART.test(file.name));
    if (tooLong || whole.length > 1) {
      say(tooLong ? `${tooLong.name} is longer than any scenario` : `one scenario at a time, with its parts (.part.yaml): these are ${whole.length}`);
      return;
    }
    const parts = Object.fromEntries(read.filter(file => PART.test(file.name)).map(file => [file.name, file.text]));
    if (whole.length === 1) {
      load(whole[0].name, whole[0].text, { parts });
    } else if (read.length > 0) {
      load(state.file, state.text, { parts: { ...state.parts, ...parts }, seed: state.seed, tab: state.tab });
    }
  };

  const share = async () => {
    const hash = await written(state);
    const link = location.href.split('#')[0] + hash;
    const dialog = one('#sharing');
    dialog.querySelector('textarea').value = link;
    dialog.querySelector('.size').textContent = `${link.length} letters` + (link.length > 30000 ? ': some programs cut links of this length' : '');
    one('#copy').textContent = 'Copy';
    dialog.showModal();
    dialog.querySelector('textarea').select();
  };

  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  TABS.forEach(name => {
    const button = one('#tab-' + name);
    button.addEventListener('click', () => { show(name); if (name === 'play') { desk.focus(); } });
    button.addEventListener('keydown', event => {
      const offered = TABS.filter(tab => tab !== 'scenario' || narrow.matches);
      const by = keys[event.key];
      if (by === undefined) { return; }
      event.preventDefault();
      const to = offered[(offered.indexOf(name) + by + offered.length) % offered.length];
      show(to);
      one('#tab-' + to).focus();
    });
  });
  narrow.addEventListener('change', () => show(state.tab));
  editor.onChange(() => {
    state.text = editor.text();
    busy(true);
    checkSoon();
    rememberSoon();
  });
  one('#seed').addEventListener('input', event => {
    const seed = event.target.value.trim();
    const sound = seed === '' || (/^\d{1,20}$/.test(seed) && BigInt(seed) < 2n ** 64n);
    event.target.setAttribute('aria-invalid', String(!sound));
    if (sound) {
      state.seed = seed;
      busy(true);
      runSoon();
      rememberSoon();
    } else {
      say('a seed is a whole number below 2^64');
    }
  });
  one('#choose').addEventListener('click', () => { list(); one('#stories').showModal(); one('#filter').focus(); });
  one('#filter').addEventListener('input', list);
  one('#filter').form.addEventListener('submit', event => {
    // Enter in the filter takes the first that is left.
    if (event.submitter === null || event.submitter.value !== 'close' || document.activeElement === one('#filter')) {
      event.preventDefault();
      const first = one('#stories .list button');
      if (first) { first.click(); }
    }
  });
  one('#stories').addEventListener('keydown', event => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') { return; }
    event.preventDefault();
    const buttons = Array.from(one('#stories .list').querySelectorAll('button'));
    const at = buttons.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
    if (at < 0) { one('#filter').focus(); } else if (buttons[at]) { buttons[at].focus(); }
  });
  one('#open').addEventListener('click', () => one('#files').click());
  one('#files').addEventListener('change', async event => {
    await open(event.target.files);
    event.target.value = '';
  });
  one('#share').addEventListener('click', share);
  one('#copy').addEventListener('click', async () => {
    const area = one('#sharing textarea');
    area.select();
    const done = await navigator.clipboard.writeText(area.value).then(() => true, () => document.execCommand('copy'));
    one('#copy').textContent = done ? 'Copied' : 'Copy it by hand';
  });
  one('#keep').addEventListener('click', () => saveAs(state.file, state.text));
  one('#sit').addEventListener('click', sit);
  one('#worlds select').addEventListener('change', sit);
  one('#unfold').addEventListener('click', () => fold(!document.body.classList.contains('folded')));
  one('#try').addEventListener('click', sort);
  one('#leave').addEventListener('click', () => sorter.stop());
  addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      check().then(run);
    }
  });

  // What the address holds, or the first story.
  const begin = async () => {
    const hash = location.hash;
    if (hash === address && hash !== '') { return; }
    /** @type {Awaited<ReturnType<typeof readLink>>} */
    let held = null;
    try {
      held = await readLink(hash);
    } catch (error) {
      say('the link is damaged: ' + error.message);
    }
    if (held !== null) {
      address = hash;
      load(held.file, held.text, { ...held, push: false });
    } else if (state.text === '') {
      const first = shipped.find(story => story.file === FIRST) || shipped[0];
      load(first.file, first.text, { push: false });
    }
  };
  const FIRST = 'forgotten-while-it-runs.yaml';
  addEventListener('hashchange', begin);
  addEventListener('popstate', begin);
  begin();
  checker.ask({ do: 'about' }).then(({ version }) => {
    if (version !== document.body.dataset.version) { say(`the page is of poolsim ${document.body.dataset.version}, its module of ${version}`); }
  }, error => { if (!(error instanceof Stopped)) { say('the module could not be begun: ' + error.message); } });
  return { load };
})();
