// What axe-core finds wrong with a page as it stands: what those who hear it, or go through it by keys, run into.
'use strict';
const fs = require('fs');

const SOURCE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// What is wrong, in words; nothing where nothing is.
module.exports = async page => {
  // As a text that is evaluated: the page's policy would run no other script than its own.
  await page.evaluate(SOURCE + ';0');
  return page.evaluate(async () => {
    const axe = /** @type {any} */ (window).axe;
    const found = await axe.run(document, { resultTypes: ['violations'], iframes: false });
    return found.violations.map(({ id, help, nodes }) => `axe: ${id}: ${help}: ${nodes.length} times, such as ${nodes[0].html.slice(0, 160)} ${(nodes[0].failureSummary || '').replace(/\s+/g, ' ').slice(0, 200)}`);
  });
};
