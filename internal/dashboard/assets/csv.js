// CSV as it comes, piece by piece (RFC 4180), in the manner of Go's encoding/csv:
// what the command line reads of a file, the page reads, too.

// The longest record, in characters: what is longer is a quote that nobody closed.
const LONGEST = 1 << 20;

// separatorOf returns the separator that makes the most known columns of a header.
export function separatorOf(header, known) {
  let best = ',';
  let most = -1;
  for (const separator of [',', ';', '\t', '|']) {
    const count = read(header, separator)[0].fields.filter((name) => known.includes(columnName(name))).length;
    if (count > most) [best, most] = [separator, count];
  }
  return best;
}

// columnName forgives what spreadsheets make of a name, such as "Send At".
export function columnName(name) {
  return name.trim().toLowerCase().replace(/[ -]/g, '_');
}

// read returns the records of a whole text.
export function read(text, separator) {
  return new CSVReader(separator).push(text, true);
}

// quote writes a field.
export function quote(field) {
  const text = String(field ?? '');
  return /[",;\t|\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// CSVReader takes text in pieces and gives records {line, fields, raw, fault}: line is
// where it begins, fault says why it cannot be read. Empty lines are passed over.
export class CSVReader {
  constructor(separator, line = 1) {
    this.separator = separator;
    this.line = line; // of what is read next
    this.kept = ''; // the beginning of a record that goes on in the next piece
    // A field with quotes around it, or one without: up to where it ends.
    this.field = new RegExp(`"([^"]*(?:""[^"]*)*)"(?!")|[^\\n${separator === '|' ? '\\|' : separator}]*`, 'y');
  }

  // push reads a piece and returns the records that end in it.
  push(text, last) {
    this.kept += text;
    const records = [];
    let at = 0;
    for (let record = this.record(at, last); record; record = this.record(at, last)) {
      const whole = this.kept.slice(at, record.end);
      const raw = whole.replace(/[\r\n]+$/, '');
      if (raw !== '') records.push({ line: this.line, raw, fields: record.fields, fault: record.fault });
      this.line += whole.split('\n').length - 1;
      at = record.end;
    }
    this.kept = this.kept.slice(at);
    if (this.kept.length > LONGEST) throw new Error(`Line ${this.line} does not end within 1 MiB: a quote is not closed.`);
    return records;
  }

  // record reads one record from a place on; undefined: it has not ended yet.
  record(at, last) {
    const text = this.kept;
    const fields = [];
    const broken = (fault) => {
      const end = text.indexOf('\n', at);
      if (end < 0 && !last) return undefined;
      return { fields, fault, end: end < 0 ? text.length : end + 1 };
    };
    if (at >= text.length) return undefined;
    for (;;) {
      this.field.lastIndex = at;
      const [found, quoted] = this.field.exec(text);
      let field = found;
      if (quoted !== undefined) field = quoted.replaceAll('""', '"').replaceAll('\r\n', '\n');
      else if (found.startsWith('"')) return last ? { fields, fault: 'has a quote that is not closed', end: text.length } : undefined;
      const end = at + found.length;
      if (end >= text.length && !last) return undefined; // the field may go on, by a second quote say
      if (quoted === undefined) {
        if (text[end] !== this.separator) field = found.replace(/\r$/, '');
        if (field.includes('"')) return broken('has a quote within a field; put quotes around the field, and double those within');
      }
      at = end;
      fields.push(field);
      if (text[at] === this.separator) at++;
      else {
        if (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length)) at++;
        if (at >= text.length || text[at] === '\n') return { fields, end: at + 1 };
        return broken('has something behind a closing quote');
      }
      if (at >= text.length && !last) return undefined;
    }
  }
}
