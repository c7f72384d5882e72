// The module, and the workers that hold it. What is asked of a worker is answered in order; a worker that is stopped, or that
// broke, is made anew for what is asked next.

const bytesOf = text => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) { bytes[at] = binary.charCodeAt(at); }
  return bytes;
};

const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream));

const theModule = (async () => {
  const bytes = bytesOf(one('#module').textContent.trim());
  const whole = await through(bytes, new DecompressionStream('gzip')).arrayBuffer();
  return WebAssembly.compile(whole);
})();

const workerAt = URL.createObjectURL(new Blob([one('#worker').textContent], { type: 'text/javascript' }));

// What was stopped by whoever sits before the page is no mistake.
class Stopped extends Error {}

class Helper {
  constructor() {
    /** @type {Worker | null} */
    this.worker = null;
    this.number = 0;
    this.waiting = new Map();
  }

  // The answer; `forward` is told how many runs are done.
  async ask(what, forward) {
    const number = this.number += 1;
    const answer = new Promise((resolve, reject) => this.waiting.set(number, { resolve, reject, forward }));
    const module = await theModule;
    // It may have been stopped while the module was made.
    if (this.waiting.has(number)) {
      (this.worker || this.begin(module)).postMessage({ number, what });
    }
    return answer;
  }

  begin(module) {
    const worker = new Worker(workerAt);
    this.worker = worker;
    worker.postMessage({ module });
    worker.onmessage = event => {
      const { number, answer, broke, runs } = event.data;
      if (runs !== undefined) {
        for (const { forward } of this.waiting.values()) { if (forward) { forward(runs); } }
        return;
      }
      const waiting = this.waiting.get(number);
      this.waiting.delete(number);
      if (broke === undefined) {
        if (waiting) { waiting.resolve(JSON.parse(answer)); }
        return;
      }
      if (this.worker === worker) { this.end(new Error('a mistake of poolsim itself: ' + broke)); }
      if (waiting) { waiting.reject(new Error('a mistake of poolsim itself: ' + broke)); }
    };
    worker.onerror = event => {
      event.preventDefault();
      if (this.worker === worker) { this.end(new Error(event.message || 'the worker could not be begun')); }
    };
    return worker;
  }

  end(why) {
    if (this.worker !== null) { this.worker.terminate(); }
    this.worker = null;
    const waiting = Array.from(this.waiting.values());
    this.waiting.clear();
    waiting.forEach(({ reject }) => reject(why));
  }

  // Ends what is under way; what was asked is not answered.
  stop() {
    this.end(new Stopped());
  }
}
