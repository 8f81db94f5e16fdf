// A file on its way into lines: read piece by piece, so that a large one neither fills
// the memory nor freezes the page.
import { CSVReader, columnName, read, separatorOf } from './csv.js';
import { FIELDS, PASSED, understand } from './import-row.js';

const LARGEST = 256 << 20; // the command `import` takes any
const PIECE = 32 << 10; // bytes: some 500 lines, which take a few milliseconds
const LONGEST_LINE = 1 << 20;

// items gives pieces of a file, {items, read: bytes up to here}. An item is {line, row}
// or {line, fault}, with its fields or its raw text to tell of it. What keeps the rest of
// the file from being read is thrown, as an Error to be shown.
export async function* items(file, { ignoreUnknown = false } = {}) {
  if (file.size > LARGEST) throw new Error('It is larger than 256 MiB: split it, or use the command import.');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parser;
  let text = '';
  for (let at = 0; at < file.size || at === 0;) {
    const bytes = await file.slice(at, at += PIECE).arrayBuffer();
    try {
      text += decoder.decode(bytes, { stream: at < file.size });
    } catch {
      throw new Error('It is not UTF-8. Save it as such; Excel calls it “CSV UTF-8”.');
    }
    const last = at >= file.size;
    parser ??= parserOf(file.name, text, last, ignoreUnknown);
    if (!parser) continue; // its first line has not ended yet
    yield { items: [...parser.push(text, last)], read: Math.min(at, file.size) };
    text = '';
  }
}

// parserOf goes by the ending of the name where it says enough, otherwise by how the
// text begins; undefined: more of it is needed.
function parserOf(name, start, last, ignoreUnknown) {
  if (last && start.trim() === '') throw new Error('It is empty.');
  if (!/\.[ct]sv$/i.test(name) && /^\s*\{/.test(start)) return new Lines(ignoreUnknown);
  const header = (last ? /^\s*.*\S.*\n?/ : /^\s*.*\S.*\n/).exec(start);
  return header ? new Table(header[0], ignoreUnknown) : undefined;
}

// Table reads CSV with its header.
class Table {
  constructor(start, ignoreUnknown) {
    this.header = start.length;
    const header = start.trim();
    this.separator = separatorOf(header, FIELDS);
    this.columns = columnsOf(read(header, this.separator)[0], ignoreUnknown);
    this.reader = new CSVReader(this.separator, start.split('\n').length);
  }

  * push(text, last) {
    const records = this.reader.push(text.slice(this.header), last);
    this.header = 0;
    for (const { line, fields: values, raw, fault } of records) {
      if (fault) yield { line, raw, fault };
      else if (values.every((value) => value.trim() === '')) continue; // spreadsheets leave them at the end
      else if (values.length !== this.columns.length) {
        yield { line, raw, fault: `has ${values.length} fields, the header ${this.columns.length}; a content with “${this.separator}” needs quotes` };
      } else {
        const fields = {};
        this.columns.forEach((column, i) => { fields[column] = values[i]; });
        yield { line, fields, ...understand(fields) };
      }
    }
  }
}

// columnsOf returns what each field of a line is; empty: passed over.
function columnsOf({ fields, fault }, ignoreUnknown) {
  if (fault) throw new Error(`Its header ${fault}.`);
  const columns = [];
  for (const name of fields) {
    const column = columnName(name);
    const known = FIELDS.includes(column);
    if (known && columns.includes(column)) throw new Error(`Its header has the column ${column} twice.`);
    if (!known && column && !PASSED.includes(column) && !ignoreUnknown) throw new Error(`Its header has the unknown column “${name}”.`);
    columns.push(known ? column : '');
  }
  for (const needed of ['to', 'content']) {
    if (!columns.includes(needed)) throw new Error(`Its header has no column ${needed}.`);
  }
  return columns;
}

// Lines reads an object on each line.
class Lines {
  constructor(ignoreUnknown) {
    this.ignoreUnknown = ignoreUnknown;
    this.kept = '';
    this.line = 0;
  }

  * push(text, last) {
    const lines = (this.kept + text).split('\n');
    this.kept = last ? '' : lines.pop();
    if (this.kept.length > LONGEST_LINE) throw new Error(`Line ${this.line + 1} does not end within 1 MiB.`);
    for (const raw of lines) {
      this.line++;
      if (raw.trim() !== '') yield { line: this.line, raw, ...this.item(raw) };
    }
  }

  item(raw) {
    let value = null;
    try {
      value = JSON.parse(raw);
    } catch { /* told below */ }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return { fault: 'is no JSON object' };
    const fields = {};
    for (const [name, member] of Object.entries(value)) {
      if (FIELDS.includes(name)) {
        const fits = member === null || typeof member === 'string' || (name === 'validity_period' && typeof member === 'number');
        if (!fits) return { fault: `${name} is of the wrong type` };
        fields[name] = String(member ?? '');
        if (!fields[name].isWellFormed()) return { fault: `${name} has half a character` };
      } else if (!this.ignoreUnknown && !PASSED.includes(name)) return { fault: `has the unknown field “${name}”` };
    }
    return { fields, ...understand(fields) };
  }
}
