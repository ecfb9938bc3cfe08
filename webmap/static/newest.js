// Of questions that follow one another only the newest counts: answers come in any order.

import { sameReader } from "./net.js";

export class Newest {
  /** A signal for a new question; that of the question before is given up. It ends with the reader, too. */
  begin() {
    this.stop();
    this.one = new AbortController();
    return AbortSignal.any([this.one.signal, sameReader()]);
  }

  /** Nobody waits for an answer any more. */
  stop() {
    this.one?.abort();
  }

  /**
   * Do what `act(signal)` does. Overtaken meanwhile, it throws AbortError, whatever became of it: a late refusal is as little told
   * as a late answer. After each of its own waits `act` calls `signal.throwIfAborted()` before it touches the page.
   */
  async run(act) {
    const signal = this.begin();
    try {
      return await act(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}
