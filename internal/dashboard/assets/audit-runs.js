// Starts and stops belong together: a stop names the start that it ended.
import { duration, time } from './format.js';

// runs returns for every entry, by its id, what is to be said of its run (text), and
// whether messages were being sent when it was made (running). Entries are the newest first.
export function runs(entries) {
  const starts = new Map(entries.filter((entry) => entry.action === 'start').map((entry) => [entry.id, entry]));
  const stops = new Map(entries.filter((entry) => entry.action === 'stop').map((entry) => [entry.start_id, entry]));
  const told = new Map();
  // What is newer than all starts and stops was done while running if the newest of them is a start.
  let running = entries.find(({ action }) => action === 'start' || action === 'stop')?.action === 'start';
  for (const entry of entries) {
    if (entry.action === 'stop') running = true; // up to here
    told.set(entry.id, { running, text: describe(entry, starts, stops) });
    if (entry.action === 'start') running = false; // before it
  }
  return told;
}

function describe(entry, starts, stops) {
  if (entry.action === 'stop') {
    const start = starts.get(entry.start_id);
    return start ? `ran ${between(start, entry)}` : 'ran from an earlier page';
  }
  if (entry.action !== 'start') return '';
  const stop = stops.get(entry.id);
  if (stop) return `until ${time(stop.timestamp).textContent}`;
  return newestOf(starts) === entry ? 'still running' : 'until a newer page';
}

function newestOf(starts) {
  return starts.values().next().value;
}

function between(start, stop) {
  return duration(Date.parse(stop.timestamp) - Date.parse(start.timestamp));
}
