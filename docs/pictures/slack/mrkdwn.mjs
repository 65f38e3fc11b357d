// Slack's mrkdwn and plain text as HTML, by the rules of
// docs.slack.dev/messaging/formatting-message-text. The library's own reading
// of mrkdwn goes through Markdown: it loses lines that look like a list or a
// heading, and makes a live mention of an escaped one.

const escapeHTML = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c]));
const unescape = (text) => text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: '<', gt: '>', amp: '&' }[name]));

// literal is text that Slack shows as it stands, with its entities read.
const literal = (text) => escapeHTML(unescape(text));

const link = (url, label) => `<a href="${literal(url)}">${label}</a>`;
const mention = (text) => `<span class="picture-mention">${literal(text)}</span>`;

// Emoji by name, flags and skin tones too; a name that nobody knows stays.
const emojiName = /:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g;

// reader makes the two functions that turn text into HTML, with what they ask
// for emoji (the emoji or '') and dates (their text).
export function reader({ emoji, date }) {
  const plain = (text, withEmoji = true) => {
    const html = literal(text);
    return withEmoji ? html.replace(emojiName, (all, name) => emoji(name) || all) : html;
  };

  function angle(inside) {
    const [target, label] = inside.split(/\|(.*)/s);
    const shown = label === undefined ? undefined : plain(label);
    if (target.startsWith('@')) return mention(label === undefined ? target : `@${label.replace(/^@/, '')}`);
    if (target.startsWith('#')) return mention(label ? `#${label}` : target);
    if (target.startsWith('!date^')) {
      const [, timestamp, format, url] = target.split('^');
      const text = escapeHTML(date(timestamp, format, unescape(label ?? '')));
      return url ? link(url, text) : text;
    }
    if (target.startsWith('!')) return mention(label ?? `@${target.slice(1).replace(/^subteam\^/, '')}`);
    return link(target, shown ?? plain(target.replace(/^mailto:/, ''), false));
  }

  const marks = { '*': 'b', _: 'i', '~': 's' };

  // One line or more without code blocks and quotes. Each pattern takes the
  // first that matches; a mark counts where a word does not go on beside it.
  const pieces = new RegExp([
    '`(?<code>[^`\\n]+)`',
    '<(?<angle>[^<>\\n]+)>',
    '(?<![\\p{L}\\p{N}_*~])(?<mark>[*_~])(?=\\S)(?<marked>(?:`[^`\\n]+`|<[^<>\\n]+>|(?!\\k<mark>)[^\\n])*?(?<=\\S))\\k<mark>(?![\\p{L}\\p{N}])',
    '(?<url>https?://[^\\s<>|]*[^\\s<>|.,;:!?)\\]\'"*_~])',
  ].join('|'), 'gu');

  function inline(text, verbatim) {
    let html = '';
    let end = 0;
    for (const m of text.matchAll(pieces)) {
      html += plain(text.slice(end, m.index));
      end = m.index + m[0].length;
      const { code, angle: inside, mark, marked, url } = m.groups;
      if (code !== undefined) html += `<code class="picture-code">${literal(code)}</code>`;
      else if (inside !== undefined) html += angle(inside);
      else if (mark && marked) html += `<${marks[mark]}>${inline(marked, verbatim)}</${marks[mark]}>`;
      else if (url) html += verbatim ? literal(url) : link(url, literal(url));
      else html += plain(m[0]);
    }
    return html + plain(text.slice(end));
  }

  // Lines, those that begin with > in a quote.
  function lines(text, verbatim) {
    const html = [];
    let quoted = [];
    const close = () => {
      if (quoted.length) html.push(`<span class="picture-quote">${inline(quoted.join('\n'), verbatim)}</span>`);
      quoted = [];
    };
    for (const line of text.split('\n')) {
      const quote = /^(?:>|&gt;) ?(.*)$/s.exec(line);
      if (quote) quoted.push(quote[1]);
      else {
        close();
        html.push(inline(line, verbatim));
      }
    }
    close();
    // What is a block of its own needs no line break beside it.
    return html.join('\n').replace(/\n?(<span class="picture-quote">)/g, '$1').replace(/(<span class="picture-quote">.*?<\/span>)\n/gs, '$1');
  }

  function mrkdwn(text, verbatim = false) {
    return text.split(/\n?```\n?((?:(?!```).)+?)\n?```\n?/s)
      .map((part, i) => (i % 2 ? `<span class="picture-pre">${literal(part.replace(/<([^|>]*\|)?([^>]*)>/g, '$2'))}</span>` : part && lines(part, verbatim)))
      .join('');
  }

  return { mrkdwn, plain };
}
