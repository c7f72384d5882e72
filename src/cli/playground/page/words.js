// Small things that the parts of the page share.

/** The one element that a page has of its kind. @type {(selector: string) => any} */
const one = selector => document.querySelector(selector);

/** @type {(name: string, attributes?: {[key: string]: any} | null, ...children: (Node | string)[]) => any} */
const make = (name, attributes, ...children) => {
  const element = document.createElement(name);
  Object.entries(attributes || {}).forEach(([key, value]) => {
    if (key === 'class') { element.className = value; } else if (key.startsWith('on')) { element.addEventListener(key.slice(2), value); } else { element.setAttribute(key, value); }
  });
  element.append(...children);
  return element;
};

const count = (number, word) => number + ' ' + word + (number === 1 ? '' : 's');

// A text with the colours of a terminal, as elements. Only colours are heeded; nothing else that begins with an escape is there.
const coloured = text => {
  const parts = document.createDocumentFragment();
  let classes = '';
  // eslint-disable-next-line no-control-regex -- the escape that begins a colour
  text.split(/\u001b\[([0-9;]*)m/).forEach((part, at) => {
    if (at % 2 === 1) {
      classes = part === '' || part === '0' ? '' : part.split(';').map(code => 'sgr' + code).join(' ');
    } else if (part !== '') {
      parts.append(classes === '' ? part : make('span', { class: classes }, part));
    }
  });
  return parts;
};

// Does something a while after it was last asked for.
const later = (wait, work) => {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
};

// Hands a text over as a file.
const saveAs = (name, text) => {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/yaml' }));
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};
