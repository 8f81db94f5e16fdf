// A command that puts in a message like one that is there. It is pasted into a shell, so
// nothing that somebody wrote into a message may become a part of the command.

// requestOf is the message as POST /messages takes it. A time that has passed is left out.
export function requestOf(message, now) {
  const request = { to: message.to, content: message.content };
  if (message.priority && message.priority !== 'normal') request.priority = message.priority;
  if (message.send_at && Date.parse(message.send_at) > now) request.send_at = message.send_at;
  if (message.validity_period) request.validity_period = message.validity_period;
  if (message.reference) request.reference = message.reference;
  return request;
}

// curl writes the command. The key is named, never written.
export function curl(request, { origin, authenticated }) {
  return [
    `curl -sS ${shellQuote(`${origin}/api/v1/messages`)}`,
    `-H ${shellQuote('Content-Type: application/json')}`,
    ...(authenticated ? ['-H "Authorization: Bearer $AMS_API_KEY"'] : []),
    `--data-raw ${shellQuote(plainJSON(request))}`,
  ].join(' \\\n  ');
}

// shellQuote makes one word of a text, in any POSIX shell: only ' means something
// between quotes of this kind.
export function shellQuote(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

// plainJSON escapes what cannot be seen, or makes what is seen read otherwise: controls,
// marks of direction, separators of lines.
function plainJSON(value) {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
