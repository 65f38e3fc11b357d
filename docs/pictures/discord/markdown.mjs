// Discord's Markdown as HTML, as far as silkwire writes it: marks, masked links, code,
// lines that step back, headings, times, and backslashes that take a mark's meaning.

const safe = (s) => s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

export { safe };

const units = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]];

function moment(seconds, style, now) {
  if (style === 'R') {
    const off = seconds - now / 1000;
    const [unit, length] = units.find(([, length]) => Math.abs(off) >= length) ?? ['second', 1];
    return new Intl.RelativeTimeFormat('en').format(Math.trunc(off / length), unit);
  }
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: style === 'D' ? undefined : 'short', timeZone: 'UTC' }).format(seconds * 1000);
}

const marks = [
  [/^\\([^0-9A-Za-z\s])/, (m) => safe(m[1])],
  [/^`([^`]+)`/, (m) => `<code>${safe(m[1])}</code>`],
  [/^\*\*(.+?)\*\*/s, (m, inner) => `<b>${inner(m[1])}</b>`],
  [/^\*(\S.*?)\*/s, (m, inner) => `<i>${inner(m[1])}</i>`],
  [/^\[((?:\\.|[^\]\\])+)\]\((https?:[^)\s]+)\)/, (m, inner) => `<a href="${safe(m[2])}">${inner(m[1])}</a>`],
  [/^<t:(\d+)(?::([a-zA-Z]))?>/, (m, _, now) => `<span class="time">${moment(Number(m[1]), m[2], now)}</span>`],
  [/^<(@[!&]?|#)(\d+)>/, (m) => `<span class="mention">${m[1][0]}${m[1][0] === '#' ? 'channel' : 'somebody'}</span>`],
];

function inline(text, now) {
  let out = '';
  while (text) {
    const hit = marks.map(([re, draw]) => [re.exec(text), draw]).find(([m]) => m);
    if (hit) {
      out += hit[1](hit[0], (t) => inline(t, now), now);
      text = text.slice(hit[0][0].length);
    } else {
      const next = /^[\s\S][^\\`*[<]*/.exec(text)[0];
      out += safe(next);
      text = text.slice(next.length);
    }
  }
  return out;
}

// markdown draws text line by line; now is in milliseconds.
export function markdown(text, now) {
  return (text ?? '').split('\n').map((line) => {
    if (line.startsWith('-# ')) return `<span class="sub">${inline(line.slice(3), now)}</span>`;
    const head = /^(#{1,3}) (.*)/.exec(line);
    if (head) return `<span class="h${head[1].length}">${inline(head[2], now)}</span>`;
    return `<span class="line">${inline(line, now) || '&nbsp;'}</span>`;
  }).join('');
}
