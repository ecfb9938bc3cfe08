// What went wrong, in words for whoever reads the page: never those of the program.

import { say } from "./page.js";

/** A refusal, in a sentence that can be shown. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Whether nobody waits for it any more: a newer question was asked, or another reader came. */
export const isOvertaken = (error) => error?.name === "AbortError";

/**
 * What to say of something that failed: the service's own sentence, and nothing of what nobody waits for any more. What nobody
 * foresaw goes to the console, for whoever mends it, and the reader is told how to go on.
 */
export function wordsOf(error) {
  if (isOvertaken(error)) return "";
  if (error instanceof Problem) return error.message;
  reportError(error);
  return say("unexpected");
}

/** Do something that may be refused; `note(text)` says so. What was said before is put away first, for `why` where there is one; null lets it stand. */
export async function attempt(act, note, why = "") {
  if (why !== null) note(why);
  try {
    await act();
  } catch (error) {
    const words = wordsOf(error);
    if (words) note(words);
  }
}

/** Whatever goes wrong on a page that nothing else catches is said, too; what was overtaken is no error. */
function guard(note) {
  addEventListener("error", () => note(say("unexpected")));
  addEventListener("unhandledrejection", (event) => {
    const { reason } = event;
    if (isOvertaken(reason) || reason instanceof Problem) event.preventDefault();
    if (reason instanceof Problem) note(reason.message);
    else if (!isOvertaken(reason)) note(say("unexpected"));
  });
}

/** Let a page start, and mark it once it stands. */
export async function stand(start, note) {
  guard(note);
  try {
    await start();
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    note(wordsOf(error));
  }
}
