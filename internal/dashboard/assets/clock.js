// The server's time. A client's clock may be wrong by hours, and a countdown must not
// be. The Date header has whole seconds; each answer narrows the offset down: the
// server's clock was in [Date, Date + 1 s) at some moment between asking and hearing.
let least = -Infinity;
let most = Infinity;

function local() {
  return performance.timeOrigin + performance.now(); // goes on when the client's clock is set
}

// mark is called before a request; learn with what it returned, and the answer's Date header.
export const mark = local;

export function learn(asked, date) {
  const told = Date.parse(date ?? '');
  if (Number.isNaN(told)) return;
  const from = told - local();
  const to = told + 1000 - asked;
  // An offset that contradicts what was learnt means that a clock was set: begin anew.
  const moved = from > most || to < least;
  least = moved ? from : Math.max(least, from);
  most = moved ? to : Math.min(most, to);
}

// serverNow returns the server's time in milliseconds since 1970; the client's until an answer came.
export function serverNow() {
  return Number.isFinite(least) ? local() + (least + most) / 2 : Date.now();
}
