// Many messages from a file: read and checked first, stored when somebody says so.
import { isAbort } from './api.js';
import { toast } from './announce.js';
import { h, replace } from './dom.js';
import { count, plural } from './format.js';
import { refusals } from './import-report.js';
import { COLUMNS } from './import-row.js';
import { run } from './import-run.js';
import { Progress } from './message-progress.js';

// importPanel returns {element, leave()}.
export function importPanel({ signal }) {
  const input = h('input', { type: 'file', id: 'import-file', 'aria-describedby': 'import-hint',
    onClick: () => { input.value = ''; }, // the same file may be chosen again
    onChange: () => choose(input.files) });
  const campaign = h('input', { id: 'import-campaign', autocomplete: 'off', maxlength: '200', 'aria-describedby': 'import-campaign-hint', onChange: check });
  const ignore = h('input', { type: 'checkbox', id: 'import-ignore', onChange: check });
  const drop = h('div', { class: 'import-drop', onDragover: (event) => event.preventDefault(), onDrop: dropped },
    h('label', { for: 'import-file' }, 'Drop a file here, or choose one'), input,
    h('p', { class: 'hint', id: 'import-hint' }, `CSV whose first line names the columns, or a JSON object on each line, in UTF-8: ${COLUMNS.join(', ')}. Only to and content are needed; times without a zone are in yours.`));
  const settings = h('div', { class: 'columns', hidden: true },
    h('div', { class: 'field' }, h('label', { for: 'import-campaign' }, 'Campaign'), campaign,
      h('p', { class: 'hint', id: 'import-campaign-hint' }, 'Within a campaign each line is stored once, however often its file is, from here or by the command import with the same API key.')),
    h('div', { class: 'row' }, ignore, h('label', { for: 'import-ignore' }, 'Pass over unknown columns')));
  const progress = new Progress();
  const result = h('div', { class: 'stack' });
  const refusedLines = h('div');
  let file;
  let storing = false;

  function dropped(event) {
    event.preventDefault();
    choose(event.dataTransfer.files);
  }

  function choose([chosen]) {
    if (!chosen || storing) return;
    file = chosen;
    campaign.value = file.name; // as the command has it
    settings.hidden = false;
    check();
  }

  // pass goes through the file once, and tells what came of it. over is what to do next,
  // made of the tally; again, where it ended before.
  async function pass(dryRun, words, over, again) {
    const refused = refusals(file.name);
    replace(refusedLines, refused.element);
    replace(result);
    progress.stopped?.abort(); // a check that another one replaces
    const stopped = progress.begin(`${words} ${file.name}`, signal);
    const current = () => progress.signal === stopped;
    let told = [];
    const tell = (tally, bytes, more = '') => {
      told = [tally, bytes];
      refused.show();
      if (current()) progress.tell(`${words}: ${plural(tally.read, 'line')} read, ${count(tally.accepted)} ${dryRun ? 'in order' : 'stored'}, ${count(tally.refused)} refused${more}`, bytes / file.size);
    };
    try {
      const tally = await run(file, {
        campaign: campaign.value.trim() || file.name, dryRun, ignoreUnknown: ignore.checked, signal: stopped, refused: refused.add, progress: tell,
        waiting: (seconds, why, tally) => tell(tally, told[1] ?? 0, `. Waiting ${Math.ceil(seconds)} s: ${why}`),
      });
      tell(tally, file.size);
      if (!current()) return;
      progress.end(tally.broken ? `The rest of the file cannot be read. ${tally.broken}` : `${plural(tally.accepted, 'message')} ${dryRun ? 'can be stored' : 'stored'}`);
      replace(result, tiles(tally, dryRun), h('div', { class: 'row' }, over(tally)));
    } catch (error) {
      if (!current()) return;
      refused.show();
      const kept = dryRun ? 'Nothing was stored.' : `${plural(error.tally.accepted, 'message')} stored, and perhaps some whose answer did not come. Going on stores nothing twice.`;
      progress.end(`${isAbort(error) ? 'Stopped.' : error.message} ${kept}`);
      replace(result, h('div', { class: 'row' }, again));
    }
  }

  function check() {
    if (file && !storing) {
      pass(true, 'Checking', ({ accepted, refused }) => accepted > 0 && [button(`Store ${plural(accepted, 'message')}`, store, 'button-primary'),
        h('span', { class: 'muted' }, `Nothing is stored yet.${refused ? ` ${plural(refused, 'refused line')} will be left out.` : ''}`)], button('Check again', check));
    }
  }

  async function store() {
    hold(true);
    await pass(false, 'Storing', () => h('a', { class: 'button', href: '/messages' }, 'See the messages'), button('Go on storing', store, 'button-primary'));
    hold(false);
  }

  // hold keeps the file while it is stored, and has the browser ask before the page is closed.
  function hold(on) {
    storing = on;
    for (const control of [input, campaign, ignore]) control.disabled = on;
    if (on) addEventListener('beforeunload', warn);
    else removeEventListener('beforeunload', warn);
  }

  function leave() {
    if (storing) toast('The import was stopped. Storing the same file again goes on; nothing is stored twice.', { kind: 'error' });
    hold(false);
  }

  return { element: h('div', { class: 'view' }, h('section', { class: 'card stack', 'aria-label': 'File' }, drop, settings), progress.element, result, refusedLines), leave };
}

function warn(event) {
  event.preventDefault();
}

function button(text, onClick, kind = '') {
  return h('button', { class: `button ${kind}`, type: 'button', onClick }, text);
}

function tiles({ read, accepted, duplicates, refused }, dryRun) {
  const rows = [['Read', read], [dryRun ? 'Can be stored' : 'Stored', accepted, 'sent'], ['Stored before', duplicates], ['Refused', refused, refused ? 'failed' : '']];
  return h('div', { class: 'tiles' }, rows.map(([name, value, state]) => h('div', { class: 'tile' },
    h('span', { class: 'tile-label' }, state ? h('span', { class: `dot dot-${state}` }) : null, name), h('span', { class: 'tile-value' }, count(value)))));
}
