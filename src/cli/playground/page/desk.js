// The terminal pane: a session at the desk, in a worker of its own. What the module says is shown; what is typed is handed on.

// So much of a session is kept in sight.
const SHOWN_MOST = 400000;

const desk = (() => {
  const helper = new Helper();
  const screen = one('#play .console');
  const form = one('#play .line');
  const input = one('#line');
  const mirror = one('#play .typing .mirror');
  const words = one('#play .words');
  const halt = one('#halt');
  // What was asked so far, to sit down again where a worker was ended; what was typed, for the arrow keys.
  /** @type {{asked: any[], history: string[]}} */
  let { asked, history } = { asked: [], history: [] };
  let [at, timer] = [0, 0];
  let [next, busy, session] = ['none', false, 0];
  // The scenario that is played.
  let played = null;

  const show = (text, prompt) => {
    screen.append(coloured(text));
    while (screen.textContent.length > SHOWN_MOST) { screen.firstChild.remove(); }
    form.querySelector('.prompt').textContent = prompt;
    screen.parentElement.scrollTop = screen.parentElement.scrollHeight;
  };

  const remark = text => screen.append(make('span', { class: 'sgr2' }, '  ' + text + '\n'));

  const wait = on => {
    busy = on;
    form.setAttribute('aria-busy', String(on));
    input.readOnly = on;
    clearTimeout(timer);
    if (on) { timer = setTimeout(() => { halt.hidden = false; }, 1500); } else { halt.hidden = true; }
  };

  const came = told => {
    if (told.wrong !== undefined || told.diagnostics) {
      next = 'none';
      remark(told.wrong || 'the scenario has mistakes: they stand below it');
    } else {
      next = told.next === 'save' ? 'line' : told.next;
      show(told.said, told.prompt);
      if (told.next === 'save') { kept(told.more); }
      if (told.next === 'ends') { remark('the session is over: "Begin anew" begins another, with another seed'); }
    }
    form.hidden = next !== 'line' && next !== 'answer';
    if (form.hidden) { one('#sit').focus({ preventScroll: true }); }
    screen.parentElement.scrollTop = screen.parentElement.scrollHeight;
  };

  const kept = ({ name, text, tellsWorld }) => {
    const file = (name.split(/[\\/]/).pop() || 'session').replace(/[^\p{L}\p{N} ._-]/gu, '') || 'session';
    remark('the session as a scenario' + (tellsWorld ? '; it gives the world away' : '') + ':');
    screen.append('  ', make('button', { type: 'button', onclick: () => saveAs(file, text) }, 'Save ' + file), ' ',
      make('button', { type: 'button', onclick: () => app.load(file, text) }, 'Open in the editor'), '\n');
  };

  const ask = async what => {
    const mine = session;
    wait(true);
    try {
      const told = await helper.ask(what);
      if (mine === session) {
        asked.push(what);
        came(told);
      }
    } catch (error) {
      if (mine === session) { await again(error); }
    }
    if (mine === session) {
      wait(false);
      look();
    }
  };

  // Sits down again after what was asked before: a worker that was ended has forgotten it. What is said then has been read.
  const again = async error => {
    remark(error instanceof Stopped ? 'stopped: the line was not typed' : String(error.message));
    try {
      for (const what of asked) { await helper.ask(what); }
      form.hidden = next !== 'line' && next !== 'answer';
    } catch {
      next = 'none';
      form.hidden = true;
      remark('the session could not be taken up again');
    }
  };

  // What is wrong with the line is underlined before it is typed, as on a terminal.
  const look = async () => {
    const line = input.value;
    mirror.textContent = line;
    words.textContent = '';
    if (busy || next !== 'line' || line === '') { return; }
    const mine = session;
    const told = await helper.ask({ do: 'look', line }).catch(() => null);
    if (told === null || mine !== session || input.value !== line || !told.wrong) { return; }
    const parts = document.createDocumentFragment();
    let from = 0;
    told.wrong.forEach(([begin, end]) => {
      parts.append(line.slice(from, begin), make('span', { class: 'mark error' }, line.slice(begin, end)));
      from = end;
    });
    parts.append(line.slice(from));
    mirror.replaceChildren(parts);
    mirror.scrollLeft = input.scrollLeft;
  };

  const complete = async () => {
    const line = input.value;
    const told = await helper.ask({ do: 'look', line }).catch(() => null);
    if (told === null || input.value !== line || !told.words) { return; }
    const known = told.words;
    const begun = line.slice(told.from);
    let common = known.length === 0 ? '' : known[0];
    known.forEach(word => { while (!word.startsWith(common)) { common = common.slice(0, -1); } });
    if (common.length > begun.length) { input.value = line.slice(0, told.from) + common; }
    if (known.length > 1) { words.textContent = known.slice(0, 40).join('  ') + (known.length > 40 ? '  …' : ''); }
    mirror.textContent = input.value;
    if (known.length === 1) { look(); }
  };

  const recall = by => {
    at = Math.max(0, Math.min(history.length, at + by));
    input.value = history[at] || '';
    look();
  };

  form.addEventListener('submit', event => {
    event.preventDefault();
    if (busy || form.hidden) { return; }
    const line = input.value;
    input.value = '';
    mirror.textContent = '';
    if (line.trim() !== '' && next === 'line') { history.push(line); }
    at = history.length;
    screen.append(form.querySelector('.prompt').textContent + line + '\n');
    ask(next === 'answer' ? { do: 'answer', line } : { do: 'type', line });
  });
  input.addEventListener('keydown', event => {
    if (event.key === 'Tab' && !event.shiftKey && input.value !== '') {
      event.preventDefault();
      complete();
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      recall(event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.key === 'c' && event.ctrlKey && input.selectionStart === input.selectionEnd) {
      event.preventDefault();
      screen.append(form.querySelector('.prompt').textContent + input.value + '^C\n');
      input.value = '';
      mirror.textContent = '';
      if (next === 'answer' && !busy) { ask({ do: 'answer', none: true }); }
    }
  });
  input.addEventListener('input', () => {
    mirror.textContent = input.value;
    lookLater();
  });
  input.addEventListener('scroll', () => { mirror.scrollLeft = input.scrollLeft; });
  const lookLater = later(120, () => look());
  halt.addEventListener('click', () => helper.stop());
  // A click beside the letters goes to the line, but not where something is selected.
  screen.parentElement.addEventListener('click', event => {
    if (String(getSelection()) === '' && !form.hidden && !event.target.closest('button')) { input.focus({ preventScroll: true }); }
  });

  // Nobody sits there any more, and nothing is read.
  const leave = () => {
    session += 1;
    helper.stop();
    wait(false);
    [asked, history, at] = [[], [], 0];
    [next, played] = ['none', null];
    screen.replaceChildren();
    input.value = '';
    mirror.textContent = '';
    words.textContent = '';
    form.hidden = true;
    form.querySelector('.prompt').textContent = '';
  };

  return {
    leave,
    begin: ({ file, parts, text, seed, world }) => {
      leave();
      played = text;
      ask({ do: 'play', file, parts, text, seed, world, asks: true, colour: true }).then(() => {
        if (!form.hidden && !one('#play').hidden) { input.focus({ preventScroll: true }); }
      });
    },
    // Whether a session of this text is under way.
    isAt: text => played === text,
    focus: () => input.focus({ preventScroll: true }),
  };
})();
