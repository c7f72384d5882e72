// The editor: a text area whose letters are not seen, above the same text with colours, marks and what is wrong at a line's end.
// Knows nothing of scenarios but where their comments, keys and texts are.

// Of a longer text only the marks are drawn.
const COLOURED_MOST = 3000;
// So much of what is wrong stands behind its line; all of it stands below.
const BEHIND_MOST = 90;

const editor = (() => {
  const area = one('#editor');
  const mirror = one('#scenario .mirror');
  const gutter = one('#scenario .gutter');
  /** @type {{from: number, to: number, severity: string, message: string}[]} */
  let marks = [];
  let [lines, escaped, changed] = [0, false, () => {}];

  // The parts of a line with their colours: a comment, a key, a text in quotes.
  const parts = line => {
    const found = [];
    const shape = /(#(?<=(?:^|\s)#).*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<=^\s*(?:- )*|[{,]\s*)([A-Za-z0-9_.$-]+)(?=:(?:\s|$))/g;
    for (const match of line.matchAll(shape)) {
      const kind = match[1] !== undefined ? 'comment' : match[2] !== undefined ? 'quoted' : 'key';
      found.push([match.index, match.index + match[0].length, kind]);
    }
    return found;
  };

  // A line as elements: its colours, cut where a mark begins or ends.
  const drawn = (line, start, here, colours) => {
    const row = make('div', { class: 'row' });
    const cuts = new Set([0, line.length]);
    const shapes = colours ? parts(line) : [];
    shapes.forEach(([from, to]) => cuts.add(from).add(to));
    here.forEach(mark => cuts.add(Math.max(0, mark.from - start)).add(Math.min(line.length, mark.to - start)));
    const places = Array.from(cuts).filter(at => at >= 0 && at <= line.length).sort((a, b) => a - b);
    places.slice(0, -1).forEach((from, at) => {
      const text = line.slice(from, places[at + 1]);
      const shape = shapes.find(([begin, end]) => begin <= from && from < end);
      const mark = here.find(mark => mark.from - start <= from && from < mark.to - start);
      const classes = [shape ? shape[2] : '', mark ? 'mark ' + mark.severity : ''].filter(word => word !== '').join(' ');
      row.append(classes === '' ? text : make('span', { class: classes }, text));
    });
    // A place without letters, such as the end of a line, is shown all the same.
    here.filter(mark => mark.to <= mark.from || mark.from - start >= line.length).slice(0, 1)
      .forEach(mark => row.append(make('span', { class: 'mark ' + mark.severity }, ' ')));
    if (here.length > 0) {
      const words = here[0].message.length > BEHIND_MOST ? here[0].message.slice(0, BEHIND_MOST) + '…' : here[0].message;
      row.append(make('span', { class: 'behind ' + here[0].severity }, words + (here.length > 1 ? ` (and ${here.length - 1} more)` : '')));
    }
    return row;
  };

  const draw = () => {
    const all = area.value.split('\n');
    const colours = all.length <= COLOURED_MOST;
    const rows = document.createDocumentFragment();
    let start = 0;
    let next = 0;
    const sorted = marks.slice().sort((a, b) => a.from - b.from);
    const wrong = new Set();
    all.forEach((line, at) => {
      const here = [];
      while (next < sorted.length && sorted[next].from <= start + line.length) {
        here.push(sorted[next]);
        next += 1;
      }
      if (here.length > 0) { wrong.add(at); }
      rows.append(drawn(line, start, here, colours));
      start += line.length + 1;
    });
    mirror.replaceChildren(rows);
    if (lines !== all.length) {
      lines = all.length;
      gutter.replaceChildren(...all.map((_, at) => make('div', {}, String(at + 1))));
    }
    Array.from(gutter.children).forEach((row, at) => { row.className = wrong.has(at) ? 'wrong' : ''; });
  };

  // Typed through the browser, so that its own undo knows of it.
  const type = text => document.execCommand('insertText', false, text);

  area.addEventListener('keydown', event => {
    if (event.key === 'Escape') { escaped = true; return; }
    if (event.key === 'Tab' && !escaped && !event.shiftKey && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      type('  ');
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      event.preventDefault();
      const before = area.value.slice(0, area.selectionStart);
      const line = before.slice(before.lastIndexOf('\n') + 1);
      type('\n' + (/^ */.exec(line) || [''])[0]);
    }
    escaped = false;
  });
  area.addEventListener('input', () => {
    // What is behind a mark moves with each letter: marks are drawn anew when the text has been looked at again.
    marks = [];
    draw();
    changed();
  });

  return {
    text: () => area.value,
    set: text => {
      area.value = text;
      marks = [];
      draw();
      area.setSelectionRange(0, 0);
      one('#scenario .paper').scrollTo(0, 0);
    },
    mark: found => {
      marks = found;
      draw();
    },
    // The caret goes there, and the place is brought into sight.
    go: (from, to) => {
      area.focus({ preventScroll: true });
      area.setSelectionRange(from, to);
      const line = area.value.slice(0, from).split('\n').length - 1;
      const row = mirror.children[line];
      if (row) { row.scrollIntoView({ block: 'center' }); }
    },
    onChange: work => { changed = work; },
  };
})();
