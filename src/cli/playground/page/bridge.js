// Stands in a report's page that is shown within the playground: tells the playground which instant is shown, and goes where it says.
(() => {
  'use strict';
  history.replaceState = (state, title, address) => { parent.postMessage({ at: String(address) }, '*'); };
  addEventListener('message', event => {
    if (event.source === parent && event.data && typeof event.data.go === 'string') { location.hash = event.data.go; }
  });
})();
