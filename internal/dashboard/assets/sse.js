// The format of server-sent events (HTML standard, 9.2.6), as far as this API uses it.

// readEvents calls take({id, name, data}) for every event of a stream of bytes, and
// take(null) for whatever else shows that it is alive; it ends with the stream.
export async function readEvents(body, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value.replaceAll('\r\n', '\n')).split('\n\n');
    rest = blocks.pop();
    take(null);
    for (const block of blocks) {
      const event = parse(block);
      if (event.data !== null) take(event);
    }
  }
}

function parse(block) {
  const event = { id: '', name: 'message', data: null };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue; // a comment, or a field without a value
    const value = line.slice(colon + 1).replace(/^ /, '');
    switch (line.slice(0, colon)) {
      case 'id': event.id = value; break;
      case 'event': event.name = value; break;
      case 'data': event.data = event.data === null ? value : `${event.data}\n${value}`; break;
      default:
    }
  }
  return event;
}
