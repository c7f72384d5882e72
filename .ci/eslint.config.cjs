// What .ci/scripts holds the scripts of the pages and of .ci itself against: ESLint's own recommendations, and a few habits.
'use strict';
const js = require('@eslint/js');
const globals = require('globals');

const habits = {
  ...js.configs.recommended.rules,
  'no-implicit-globals': 'off',
  'eqeqeq': 'error',
  'no-var': 'error',
  'prefer-const': ['error', { destructuring: 'all' }],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-shadow-restricted-names': 'error',
  'no-throw-literal': 'error',
  'curly': 'error',
};
const script = (files, names, rules) => ({
  files, rules: { ...habits, ...rules }, languageOptions: { ecmaVersion: 2023, sourceType: 'script', globals: names },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
});

module.exports = [
  script(['src/report/page/*.js', 'src/cli/playground/page/bridge.js'], globals.browser),
  script(['src/cli/playground/page/worker.js'], globals.worker),
  // The parts of the playground's script are one script on the page: a name of one is used in another. Whether each is there, tsc says.
  script(['src/cli/playground/page/{words,engine,link,editor,desk,app}.js'], globals.browser, { 'no-undef': 'off', 'no-unused-vars': ['error', { vars: 'local' }] }),
  // What .ci runs under Node, with parts that a browser is handed.
  script(['.ci/*.js', '.ci/*.cjs'], globals.node),
  script(['.ci/browser.js', '.ci/playground.js', '.ci/axe.js'], globals.browser),
];
