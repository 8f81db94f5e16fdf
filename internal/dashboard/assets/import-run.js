// A file on its way into the server, batch by batch: checked only, or stored. Each line
// has a key of its own, so whatever ends it half way, running it again goes on.
import { ApiError, api, pause } from './api.js';
import { Keys } from './import-key.js';
import { request } from './import-row.js';
import { items } from './import-source.js';

const MOST_LINES = 5000; // in one call; half as many after one that failed
const FEWEST_LINES = 100;
const BATCH_CHARACTERS = 4 << 20; // at most three bytes each: well under the server's 16 MiB
const PATIENCE = 300; // seconds to go on with no line done
const FIRST_WAIT = 0.5; // seconds; twice as long each time
const LONGEST_WAIT = 15;

// run checks a file, or stores it. It calls progress(tally, bytes) as it goes, refused(item,
// reason) for each line that is not taken, and waiting(seconds, why, tally) before a wait.
// It returns the tally {read, accepted, duplicates, refused}; broken says what kept the
// rest of the file from being read. An error that is thrown has the tally, too.
export async function run(file, { campaign, dryRun, ignoreUnknown, signal, progress, refused, waiting }) {
  const tally = { read: 0, accepted: 0, duplicates: 0, refused: 0, broken: '' };
  const keys = new Keys(campaign);
  let open = []; // {item, body} to be sent, in order
  let most = MOST_LINES; // in the next call
  let patience = PATIENCE;
  let wait = FIRST_WAIT;
  let position = 0; // in the file

  function refuse(item, reason) {
    tally.refused++;
    refused(item, reason);
  }

  // send makes one call. Lines of which the server says nothing, or that it could not
  // store, go again: their keys make that harmless.
  async function send() {
    let characters = 0;
    let lines = 0;
    while (lines < Math.min(most, open.length) && characters < BATCH_CHARACTERS) characters += open[lines++].body.length;
    const part = open.slice(0, lines);
    let trouble;
    try {
      const answer = await api.post('/messages/batch', part.map((line) => `${line.body}\n`).join(''), {
        query: { dry_run: dryRun ? 'true' : '' }, headers: { 'Content-Type': 'application/x-ndjson' }, signal,
      });
      const again = settle(part, answer.results ?? []);
      open = [...again, ...open.slice(lines)];
      if (again.length > 0) trouble = new ApiError(503, { detail: `${again.length} lines could not be stored` });
    } catch (error) {
      if (!passing(error)) throw error;
      trouble = error;
    }
    if (trouble) await rest(trouble);
    progress(tally, position);
  }

  // settle counts what became of the lines and returns those that must go again.
  function settle(part, results) {
    const settled = new Set();
    for (const { line: number, error, errors, duplicate } of results) {
      const line = part[number - 1];
      if (!line || error || settled.has(line)) continue;
      settled.add(line);
      if (errors?.length) refuse(line.item, errors.map((wrong) => `${wrong.field} ${wrong.message}`).join('; '));
      else if (duplicate) tally.duplicates++;
      else tally.accepted++;
    }
    if (settled.size > 0) [patience, wait] = [PATIENCE, FIRST_WAIT];
    return part.filter((line) => !settled.has(line));
  }

  // rest waits as long as the server asks for, or longer each time.
  async function rest(error) {
    if (error.status !== 429) most = Math.max(most >> 1, FEWEST_LINES);
    const seconds = error.retryAfter || wait;
    if (!error.retryAfter) wait = Math.min(wait * 2, LONGEST_WAIT);
    patience -= seconds;
    if (patience < 0) throw error;
    waiting(seconds, error.message, tally);
    await pause(seconds * 1000, signal);
  }

  try {
    for await (const piece of broken(items(file, { ignoreUnknown }), tally)) {
      signal.throwIfAborted();
      position = piece.read;
      for (const item of piece.items) {
        tally.read++;
        if (item.fault) refuse(item, item.fault);
        else {
          const body = request(item.row, keys.next(item.row));
          if (body) open.push({ item, body: JSON.stringify(body) });
          else refuse(item, 'expires_at has passed');
        }
      }
      while (open.length >= most) await send();
      progress(tally, position);
    }
    while (open.length > 0) await send();
  } catch (error) {
    error.tally = tally;
    throw error;
  }
  return tally;
}

// broken ends a file where it breaks: what was read of it is a result as well. A file
// that breaks at its very beginning is none.
async function* broken(source, tally) {
  try {
    yield* source;
  } catch (error) {
    if (tally.read === 0) throw error;
    tally.broken = error.name === 'NotReadableError' ? 'The file was changed meanwhile. Choose it again.' : error.message;
  }
}

// passing tells whether the same call may succeed later.
function passing(error) {
  return error instanceof ApiError && [0, 408, 425, 429, 500, 502, 503, 504].includes(error.status);
}
