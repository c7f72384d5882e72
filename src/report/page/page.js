// Shows what the page's data says of each instant; works nothing out. Written without the characters that XML would want
// escaped, since the page is XML as well as HTML. Its types stand in comments, and .ci/scripts holds it against them.

/**
 * What a row says: what is so, what the ruling database has, whether they differ, whether it is an alarm, and what other databases have.
 * @typedef {[string, string, boolean, boolean, [string, string, boolean][]]} Value
 * An instant: microseconds, words, place in the picture, head, the rows that change with their values, whether it matters.
 * @typedef {[number, string, number, number, [number, number][], number]} Frame
 * @typedef {{frames: Frame[], values: Value[], heads: [string, string][], start: number}} Data
 * @typedef {{section: HTMLElement, data: Data, one: (selector: string) => any, at: number, rows: HTMLTableRowElement[],
 *   events: HTMLTableRowElement[], values: number[]}} Case
 */
(() => {
  'use strict';
  /** @type {(within: ParentNode, selector: string) => any[]} */
  const all = (within, selector) => Array.from(within.querySelectorAll(selector));
  // What is wider than the screen is scrolled by keys as well, and says whose it is.
  const reach = () => all(document, '.wide').forEach(wide => {
    if (wide.classList.contains('tall')) { return; }
    const over = wide.scrollWidth > wide.clientWidth;
    if (over === wide.hasAttribute('tabindex')) { return; }
    if (!over) { ['tabindex', 'role', 'aria-label'].forEach(name => wide.removeAttribute(name)); return; }
    let heading = wide.previousElementSibling;
    while (heading !== null) {
      if (heading.matches('h2, h3')) { break; }
      heading = heading.previousElementSibling;
    }
    wide.setAttribute('tabindex', '0');
    wide.setAttribute('role', 'group');
    wide.setAttribute('aria-label', heading === null ? 'A table' : heading.textContent);
  });
  reach();
  window.addEventListener('resize', reach);
  /** @type {Case[]} */
  const cases = all(document, '.case').map(section => {
    /** @param {string} selector */
    const one = selector => section.querySelector(selector);
    return {
      section, one,
      data: JSON.parse(one('.data').textContent),
      at: -1,
      rows: all(section, '.pool tr[data-row]'),
      events: all(section, '.events tr[data-f]'),
      values: [],
    };
  });
  /** The words of a filter. @param {string} typed */
  const wordsOf = typed => typed.toLowerCase().split(' ').filter(word => word !== '');
  // Lists of many rows, with a filter over them.
  all(document, '.listing').forEach(listing => {
    document.body.classList.add('scripted');
    const rows = all(listing, 'tbody tr');
    const [filter, only] = [listing.querySelector('.filter'), listing.querySelector('.only-ill')];
    const narrow = () => {
      const words = wordsOf(filter.value);
      let matching = 0;
      rows.forEach(row => {
        const line = row.textContent.toLowerCase();
        const matches = words.every(word => line.includes(word)) ? (only.checked ? row.classList.contains('ill') : true) : false;
        row.classList.toggle('unmatched', !matches);
        matching += matches ? 1 : 0;
      });
      listing.querySelector('.matching').textContent = matching === rows.length ? '' : matching + ' of ' + rows.length;
    };
    filter.addEventListener('input', narrow);
    only.addEventListener('change', narrow);
  });
  if (cases.length === 0) { return; }
  let shown = cases.find(of => of.section.classList.contains('told')) || cases[0];
  document.body.classList.add('scripted');

  /** @type {(cell: Element, words: string) => void} */
  const text = (cell, words) => { if (cell.textContent !== words) { cell.textContent = words; } };

  // The frames' changes, one after the other, from the last frame that was shown or from the first.
  /** @type {(of: Case, to: number) => void} */
  const apply = (of, to) => {
    let from = of.at + 1;
    if (of.at > to) {
      from = 0;
      of.values = [];
    }
    for (let at = from; to >= at; at++) {
      of.data.frames[at][4].forEach(([row, value]) => { of.values[row] = value; });
    }
    of.at = to;
  };

  /** @param {Case} of */
  const showPool = of => {
    of.rows.forEach(row => {
      const value = of.data.values[of.values[Number(row.dataset.row)]];
      if (value === undefined) { return; }
      const [truth, belief, differs, alarm, others] = value;
      text(row.cells[1], truth);
      text(row.cells[2], [belief].concat(others.map(([whose, what]) => whose + ': ' + what)).join('; '));
      const apart = differs || others.some(other => other[2]);
      row.className = alarm ? 'alarm differs' : apart ? 'differs' : 'agrees';
    });
  };

  /** @param {Case} of */
  const showEvents = of => {
    const list = of.one('.here');
    list.textContent = '';
    of.events.forEach(row => {
      const here = Number(row.dataset.f) === of.at;
      row.classList.toggle('here', here);
      if (here) {
        const item = document.createElement('li');
        item.textContent = row.cells[2].textContent + ': ' + row.cells[3].textContent;
        if (row.classList.contains('truth')) { item.className = 'truth'; }
        list.append(item);
      }
    });
  };

  /** @type {(of: Case, to: number, quietly?: boolean) => void} */
  const show = (of, to, quietly) => {
    const last = of.data.frames.length - 1;
    apply(of, Math.max(0, Math.min(last, to)));
    const [, when, x, head] = of.data.frames[of.at];
    const [ruler, masters] = of.data.heads[head];
    const slider = of.one('.slider');
    slider.value = String(of.at);
    slider.setAttribute('aria-valuetext', when);
    text(of.one('output'), when);
    text(of.one('.when'), when);
    text(of.one('.masters'), masters);
    text(of.one('.ruler'), ruler);
    const cursor = of.one('.cursor');
    cursor.setAttribute('x1', x);
    cursor.setAttribute('x2', x);
    const curtain = of.one('.curtain');
    curtain.setAttribute('x', x + 2);
    curtain.setAttribute('width', Math.max(0, 1200 - x - 2));
    showPool(of);
    showEvents(of);
    const scroll = of.one('.scroll');
    const wide = scroll.scrollWidth;
    if (wide > scroll.clientWidth) { scroll.scrollLeft = x * wide / 1200 - scroll.clientWidth / 2; }
    if (!quietly) { remember(of); }
  };

  // The address names the instant, so that it can be sent to somebody.
  /** @param {Case} of */
  const remember = of => {
    const parts = ['t=' + of.data.frames[of.at][1]];
    if (cases.length > 1) { parts.unshift('case=' + (cases.indexOf(of) + 1)); }
    try {
      history.replaceState(null, '', '#' + parts.join('\u0026'));
    } catch {
      // Some browsers refuse that to a page from a file; the page works without.
    }
  };

  /** @param {Case} of */
  const choose = of => {
    shown.section.classList.remove('told');
    shown = of;
    shown.section.classList.add('told');
    all(document, '[data-case]').forEach(link => {
      if (cases[Number(link.dataset.case)] === of) { link.setAttribute('aria-current', 'true'); } else { link.removeAttribute('aria-current'); }
    });
  };

  // A duration as the program writes it: units from large to small, each once.
  /** @param {string} words */
  const duration = words => {
    const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)us)?$/.exec(words);
    if (parts === null || words === '') { return null; }
    const units = [86400000000, 3600000000, 60000000, 1000000, 1000, 1];
    return units.reduce((sum, unit, at) => sum + unit * Number(parts[at + 1] || 0), 0);
  };

  // The last frame that is not after an instant.
  /** @type {(of: Case, us: number) => number} */
  const frameAt = (of, us) => {
    let at = of.data.frames.length - 1;
    while (at > 0) {
      if (us >= of.data.frames[at][0]) { break; }
      at -= 1;
    }
    return at;
  };

  const fromAddress = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const of = cases[Number(wanted.get('case') || cases.indexOf(shown) + 1) - 1];
    if (of) { choose(of); }
    const us = duration(wanted.get('t') || '');
    if (us === null) { show(shown, shown.at === -1 ? shown.data.start : shown.at, true); } else { show(shown, frameAt(shown, us), true); }
  };

  // In the presenter's view a key goes to what belongs into the story, and the truth is hidden again.
  const presenting = () => document.body.classList.contains('presenting');
  /** @type {(of: Case, by: number) => void} */
  const step = (of, by) => {
    let to = of.at + by;
    if (presenting()) {
      document.body.classList.remove('revealed');
      while (of.data.frames[to] !== undefined) {
        if (of.data.frames[to][5] === 1) { break; }
        to += by;
      }
    }
    show(of, to);
  };

  cases.forEach(of => {
    of.one('.slider').addEventListener('input', (/** @type {any} */ event) => show(of, Number(event.target.value)));
    of.one('.back').addEventListener('click', () => step(of, -1));
    of.one('.on').addEventListener('click', () => step(of, 1));
    of.events.forEach(row => row.addEventListener('click', () => show(of, Number(row.dataset.f))));
    const info = of.one('.info');
    all(of.section, 'svg [tabindex]').forEach(part => {
      const tell = () => { info.textContent = part.getAttribute('aria-label'); };
      part.addEventListener('focus', tell);
      part.addEventListener('mouseenter', tell);
      if (part.dataset.us) { part.addEventListener('click', () => show(of, frameAt(of, Number(part.dataset.us)))); }
    });
    all(of.section, 'a.at').forEach(link => link.addEventListener('click', (/** @type {Event} */ event) => {
      event.preventDefault();
      show(of, frameAt(of, Number(link.dataset.us)));
      of.one('figure').scrollIntoView({ block: 'start' });
    }));
    const filter = of.one('.filter');
    filter.addEventListener('input', () => {
      const words = wordsOf(filter.value);
      let matching = 0;
      of.events.forEach(row => {
        const line = row.textContent.toLowerCase();
        const matches = words.every(word => line.includes(word));
        row.classList.toggle('unmatched', !matches);
        matching += matches ? 1 : 0;
      });
      of.one('.matching').textContent = words.length === 0 ? '' : matching + ' of ' + of.events.length;
    });
    const differing = of.one('.differing');
    if (differing) {
      differing.addEventListener('change', () => of.one('.pool').classList.toggle('only-differing', differing.checked));
    }
  });
  all(document, '[data-case]').forEach(link => link.addEventListener('click', (/** @type {Event} */ event) => {
    event.preventDefault();
    choose(cases[Number(link.dataset.case)]);
    show(shown, shown.at === -1 ? shown.data.start : shown.at);
  }));

  /** @type {{[key: string]: () => void}} */
  const keys = {
    ArrowLeft: () => step(shown, -1),
    ArrowRight: () => step(shown, 1),
    PageUp: () => show(shown, shown.at - 10),
    PageDown: () => show(shown, shown.at + 10),
    Home: () => show(shown, 0),
    End: () => show(shown, shown.data.frames.length - 1),
    p: () => {
      document.body.classList.toggle('presenting');
      document.body.classList.remove('revealed');
      show(shown, shown.at);
    },
    t: () => { document.body.classList.toggle('revealed'); },
    '/': () => shown.one('.filter').focus(),
  };
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey) { return; }
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches('.filter')) {
      if (event.key === 'Escape') { target.blur(); }
      return;
    }
    const act = keys[event.key];
    if (act === undefined) { return; }
    if (!presenting()) {
      // Tables and the picture that can be scrolled keep their own keys.
      if (target.matches('.tall, .scroll, .wide')) { if (event.key.length > 1) { return; } }
    }
    event.preventDefault();
    act();
  });
  window.addEventListener('hashchange', fromAddress);
  fromAddress();
})();
