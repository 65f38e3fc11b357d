// Draws Block Kit JSON as PNG; render.sh says how it is used.
//
// slack-blocks-to-jsx draws what it knows, one block at a time. Drawn here are
// the texts in the blocks (mrkdwn.mjs), the frame around them (message, home
// tab, modal), tables, menus, and whatever the library draws nothing for. At
// last the words of the JSON are looked for on the page: what is missing is said.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';
import { createElement as h, Fragment } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Message } from 'slack-blocks-to-jsx';
import { reader } from './mrkdwn.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const css = fs.readFileSync(path.join(here, 'node_modules/slack-blocks-to-jsx/dist/style.css'), 'utf8')
  + fs.readFileSync(path.join(here, 'render.css'), 'utf8');

const mostBytes = 150_000;

function usage(message) {
  console.error(`render.mjs: ${message}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string', default: 'silkwire' },
        time: { type: 'string', default: '2026-10-05T09:15:00Z' },
        zone: { type: 'string', default: 'UTC' },
        width: { type: 'string', default: '680' },
        'keep-html': { type: 'boolean', default: false },
      },
    });
    const [from, to, ...more] = positionals;
    if (!from || !to || more.length) usage('give IN and OUT');
    const time = new Date(values.time);
    if (Number.isNaN(time.getTime())) usage(`--time ${values.time} is no time`);
    const width = Number(values.width);
    if (!(width >= 200 && width <= 4000)) usage(`--width ${values.width} is no width`);
    Intl.DateTimeFormat('en-US', { timeZone: values.zone }); // throws for an unknown zone
    return { ...values, from, to, time, width };
  } catch (err) {
    return usage(err.message);
  }
}
const options = readOptions();

// ---- dates -----------------------------------------------------------------

const inZone = (date, parts) => new Intl.DateTimeFormat('en-US', { timeZone: options.zone, ...parts }).format(date);
const dayOf = (date) => Date.parse(new Intl.DateTimeFormat('en-CA', { timeZone: options.zone }).format(date)) / 86_400_000;

function ordinal(n) {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
  return n + ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)];
}

function ago(date) {
  const seconds = (date - options.time) / 1000;
  const units = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]];
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(seconds / length), unit);
}

// The tokens of docs.slack.dev/messaging/formatting-message-text#date-formatting.
function dateToken(token, date) {
  const day = ordinal(Number(inZone(date, { day: 'numeric' })));
  const year = inZone(date, { year: 'numeric' });
  const pretty = { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[dayOf(date) - dayOf(options.time)];
  switch (token) {
    case 'date_num': return new Intl.DateTimeFormat('en-CA', { timeZone: options.zone }).format(date);
    case 'date_slash': return inZone(date, { year: 'numeric', month: '2-digit', day: '2-digit' });
    case 'date': return `${inZone(date, { month: 'long' })} ${day}, ${year}`;
    case 'date_short': return inZone(date, { month: 'short', day: 'numeric', year: 'numeric' });
    case 'date_long': return `${inZone(date, { weekday: 'long' })}, ${inZone(date, { month: 'long' })} ${day}, ${year}`;
    case 'date_pretty': case 'date_short_pretty': case 'date_long_pretty':
      return pretty ?? dateToken(token.replace('_pretty', ''), date);
    case 'time': return inZone(date, { hour: 'numeric', minute: '2-digit' });
    case 'time_secs': return inZone(date, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
    case 'ago': return ago(date);
    default: return undefined;
  }
}

function dateText(timestamp, format, fallback) {
  const date = new Date(Number(timestamp) * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  let known = true;
  const text = String(format).replace(/\{(\w+)\}/g, (all, token) => {
    const part = dateToken(token, date);
    known &&= part !== undefined;
    return part ?? all;
  });
  return known ? text : fallback || text;
}

// ---- blocks ----------------------------------------------------------------

// Rich text has dates without a link.
const hooks = { date: ({ timestamp, format, fallback }) => dateText(timestamp, format, fallback) };

const byLibrary = (blocks) => h(Message, { blocks, hooks, theme: 'light', withoutWrapper: true, name: '', logo: '' });

// What the library makes of blocks, '' if it fails.
function markup(blocks) {
  try {
    return renderToStaticMarkup(byLibrary(blocks));
  } catch {
    return '';
  }
}

const shows = (html) => /<(hr|img|input|textarea|svg|iframe)\b/.test(html) || html.replace(/<[^>]*>/g, '').trim() !== '';

const nothing = markup([{ type: 'actions', elements: [{ type: 'no such element' }] }]);
const knownTypes = new Map();

// Whether the library draws elements of this kind in a row of actions.
function knowsElement(element) {
  if (!knownTypes.has(element.type)) {
    const html = markup([{ type: 'actions', elements: [element] }]);
    knownTypes.set(element.type, html !== '' && html !== nothing);
  }
  return knownTypes.get(element.type);
}

const emojis = new Map();

// The emoji of a name as the library has it, '' if it has none.
function emoji(name) {
  if (!emojis.has(name)) {
    const html = markup([{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'emoji', name }] }] }]);
    const text = html.replace(/<[^>]*>/g, '').trim();
    emojis.set(name, /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u.test(text) ? text : '');
  }
  return emojis.get(name);
}

const { mrkdwn, plain } = reader({ emoji, date: dateText });

const textOf = (text) => (typeof text === 'string' ? text : text?.text ?? '');

// The words of something that nobody here can draw.
function describe(it) {
  const first = [it.text, it.label, it.title, it.placeholder, it.alt_text, it.caption, it.value].map(textOf).find(Boolean);
  return first || `[${it.type}]`;
}

const asButton = (element) => ({ type: 'button', action_id: 'unknown', text: { type: 'plain_text', text: describe(element) } });
const asText = (element) => ({ type: 'plain_text', text: describe(element) });

const inRichText = new Set(['text', 'link', 'user', 'usergroup', 'channel', 'emoji', 'broadcast', 'date', 'color',
  'rich_text_section', 'rich_text_list', 'rich_text_quote', 'rich_text_preformatted']);

function prepareRichText(element) {
  if (!inRichText.has(element.type)) return { type: 'text', text: describe(element) };
  return element.elements ? { ...element, elements: element.elements.map(prepareRichText) } : element;
}

const nameless = { datepicker: 'Select a date', timepicker: 'Select a time', datetimepicker: 'Select a date and time' };
const isMenu = (element) => element.type in nameless || /_select$/.test(element.type ?? '');

// What a menu shows: the choice that it starts with, or its placeholder.
function menu(e) {
  const options = [e.initial_option, ...(e.initial_options ?? [])].filter(Boolean).map((o) => textOf(o.text)).join(', ');
  const day = e.initial_date && dateToken('date_short', new Date(`${e.initial_date}T12:00:00Z`));
  const hour = e.initial_time && new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit', timeZone: 'UTC' }).format(new Date(`2000-01-01T${e.initial_time}Z`));
  const moment = e.initial_date_time && `${dateToken('date_short', new Date(e.initial_date_time * 1000))}, ${dateToken('time', new Date(e.initial_date_time * 1000))}`;
  const id = [e.initial_user, e.initial_channel, e.initial_conversation, ...(e.initial_users ?? e.initial_channels ?? e.initial_conversations ?? [])].filter(Boolean).join(', ');
  const chosen = options || day || hour || moment || id;
  const html = plain(chosen || textOf(e.placeholder) || nameless[e.type] || 'Choose an option');
  return { type: 'button', action_id: 'menu', text: { html: `<span class="picture-menu${chosen ? ' picture-chosen' : ''}">${html}<i></i></span>` } };
}

function prepareElement(element) {
  if (isMenu(element)) return menu(element);
  return knowsElement(element) ? element : asButton(element);
}

// The block with all that the library would leave out, or draws otherwise than
// Slack, in a form that it draws well.
function prepare(block) {
  switch (block.type) {
    case 'actions': case 'context_actions':
      return { ...block, elements: block.elements.map(prepareElement) };
    case 'context':
      return { ...block, elements: block.elements.map((e) => (['image', 'mrkdwn', 'plain_text'].includes(e.type) ? e : asText(e))) };
    case 'section':
      return block.accessory ? { ...block, accessory: prepareElement(block.accessory) } : block;
    case 'input': {
      const label = plain(textOf(block.label)) + (block.optional ? ' <span class="picture-optional">(optional)</span>' : '');
      return { ...block, label: { html: label }, element: block.element && prepareElement(block.element) };
    }
    case 'rich_text':
      return { ...block, elements: block.elements.map(prepareRichText) };
    default:
      return block;
  }
}

// Marks that stand for a text while the library draws the rest: nothing in it
// reads these two characters as markup.
const mark = /\uE000(\d+)\uE001/g;

// The block with marks for its texts, which are added to held.
function holdTexts(it, held) {
  if (Array.isArray(it)) return it.map((x) => holdTexts(x, held));
  if (it === null || typeof it !== 'object') return it;
  const isText = it.html !== undefined || (['mrkdwn', 'plain_text'].includes(it.type) && typeof it.text === 'string');
  if (!isText) return Object.fromEntries(Object.entries(it).map(([k, v]) => [k, holdTexts(v, held)]));
  const html = it.html ?? (it.type === 'mrkdwn' ? mrkdwn(it.text, it.verbatim) : plain(it.text, it.emoji ?? true));
  held.push(`<span class="picture-text">${html}</span>`);
  return { type: 'mrkdwn', text: `\uE000${held.length - 1}\uE001` };
}

const bare = (html) => html.replace(/<[^>]*>/g, '');

// The HTML of one block, '' if the library has none.
function blockHTML(block) {
  const held = [];
  return markup([holdTexts(prepare(block), held)])
    .replace(/<[^>]*>/g, (tag) => tag.replace(mark, (_, i) => bare(held[i]))) // in attributes
    .replace(mark, (_, i) => held[i])
    .replace(/<p>↵ Please [^<]*<\/p>/g, ''); // the library's own idea
}

const raw = (tag, html, className) => h(tag, { className, dangerouslySetInnerHTML: { __html: html } });

function cell(c) {
  if (c.type === 'rich_text') return raw('div', blockHTML(c));
  return c.type === 'raw_number' ? c.text ?? String(c.value) : textOf(c.text) || describe(c);
}

function table({ caption, rows = [], column_settings: columns = [] }) {
  const side = (row, i) => {
    const number = row.length > i && rows.slice(1).every((r) => r[i]?.type === 'raw_number');
    return { className: columns[i]?.align ?? (number ? 'right' : 'left') };
  };
  const [head = [], ...body] = rows;
  return h('div', { className: 'picture-table' },
    h('table', null,
      caption && h('caption', null, caption),
      h('thead', null, h('tr', null, head.map((c, i) => h('th', { key: i, ...side(head, i) }, cell(c))))),
      h('tbody', null, body.map((row, r) => h('tr', { key: r }, row.map((c, i) => h('td', { key: i, ...side(row, i) }, cell(c))))))));
}

// All the words of a block that nothing else can draw, one line a text.
function unknown(block) {
  const lines = [];
  texts(block, (text) => lines.push(text));
  return h('div', { className: 'picture-unknown' },
    h('small', null, block.type),
    raw('div', lines.map((line) => mrkdwn(line)).join('\n')));
}

function drawBlock(block, warn) {
  if (block.type === 'table' || block.type === 'data_table') return table(block);
  const html = blockHTML(block);
  if (shows(html) || block.type === 'divider') return raw('div', html, 'picture-block');
  warn(`a ${block.type} block is drawn as plain text`);
  return unknown(block);
}

const drawBlocks = (blocks, warn) => blocks.map((b, i) => h(Fragment, { key: i }, drawBlock(b, warn)));

// ---- frames ----------------------------------------------------------------

const avatar = h('svg', { className: 'picture-avatar', viewBox: '0 0 36 36' },
  h('rect', { width: 36, height: 36, rx: 6, fill: '#4a154b' }),
  h('path', { d: 'M8 23c4 0 4-10 10-10s6 10 10 10M8 17c4 0 4 10 10 10s6-10 10-10', fill: 'none', stroke: '#fff', strokeWidth: 2, strokeLinecap: 'round', opacity: 0.9 }));

const eye = h('svg', { width: 14, height: 14, viewBox: '0 0 20 20', fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 },
  h('path', { d: 'M1.5 10s3-5.5 8.5-5.5 8.5 5.5 8.5 5.5-3 5.5-8.5 5.5S1.5 10 1.5 10Z' }), h('circle', { cx: 10, cy: 10, r: 2.5 }));

function message(m, warn) {
  const blocks = m.blocks?.length ? m.blocks : m.text ? [{ type: 'section', text: { type: 'mrkdwn', text: m.text } }] : [];
  const only = m.response_type === 'ephemeral';
  return h('div', { className: `picture-message${only ? ' picture-only' : ''}` },
    only && h('div', { className: 'picture-note' }, eye, 'Only visible to you'),
    avatar,
    h('div', { className: 'picture-body' },
      h('div', { className: 'picture-sender' }, h('b', null, options.name), h('span', { className: 'picture-app' }, 'APP'),
        h('span', { className: 'picture-time' }, dateToken('time', options.time))),
      drawBlocks(blocks, warn),
      m.attachments?.map((a, i) => h('div', { key: i, className: 'picture-attachment', style: { borderColor: a.color } },
        drawBlocks(a.blocks ?? [{ type: 'section', text: { type: 'mrkdwn', text: a.text || a.fallback || '' } }], warn)))));
}

function home(view, warn) {
  const tab = (name) => h('span', { className: name === 'Home' ? 'picture-tab picture-here' : 'picture-tab' }, name);
  return h('div', { className: 'picture-home' },
    h('div', { className: 'picture-top' }, avatar, h('b', null, options.name)),
    h('div', { className: 'picture-tabs' }, tab('Home'), tab('Messages'), tab('About')),
    h('div', { className: 'picture-page' }, drawBlocks(view.blocks, warn)));
}

function modal(view, warn) {
  const has = view.blocks.some((b) => b.type === 'input');
  return h('div', { className: 'picture-modal' },
    h('div', { className: 'picture-top' }, avatar, h('b', null, textOf(view.title)), h('span', { className: 'picture-x' }, '✕')),
    h('div', { className: 'picture-page' }, drawBlocks(view.blocks, warn)),
    h('div', { className: 'picture-foot' }, h('span', { className: 'picture-button' }, textOf(view.close) || (has ? 'Cancel' : 'Close')),
      (view.submit || has) && h('span', { className: 'picture-button picture-primary' }, textOf(view.submit) || 'Submit')));
}

function draw(doc, warn) {
  if (Array.isArray(doc)) {
    const blocks = doc.every((d) => typeof d.type === 'string' && !d.blocks);
    return blocks ? message({ blocks: doc }, warn) : doc.map((d, i) => h(Fragment, { key: i }, draw(d, warn)));
  }
  if (doc.view) return draw(doc.view, warn);
  if (doc.type === 'home') return home(doc, warn);
  if (doc.type === 'modal') return modal(doc, warn);
  if (!doc.blocks && !doc.text && !doc.attachments) throw new Error('neither a message nor a view');
  return message(doc, warn);
}

// ---- what is missing -------------------------------------------------------

// Not on the page until somebody presses or points at something.
const hidden = new Set(['option_groups', 'confirm', 'value', 'url', 'image_url', 'metadata', 'private_metadata', 'accessibility_label', 'alt_text']);

// Calls found with each text under it that a reader is to see.
function texts(it, found) {
  if (Array.isArray(it)) return it.forEach((x) => texts(x, found));
  if (it === null || typeof it !== 'object') return;
  if (it.type === 'raw_number' && it.text === undefined) found(String(it.value));
  for (const [key, value] of Object.entries(it)) {
    if (hidden.has(key) || (key === 'placeholder' && Object.keys(it).some((k) => k.startsWith('initial_')))) continue;
    if (key === 'options' && !['radio_buttons', 'checkboxes'].includes(it.type)) continue;
    if (key === 'text' && it.blocks?.length) continue; // for notifications
    if (typeof value === 'object') texts(value, found);
    else if (typeof value === 'string' && ['text', 'title', 'subtitle', 'body', 'caption', 'description', 'label', 'hint'].includes(key)) found(value);
  }
}

// The words of a text, without what markup and emoji names are made of.
function words(text) {
  return text
    .replace(/<!date\^[^>]*>/g, ' ')
    .replace(/<([^>|]*)\|([^>]*)>/g, ' $2 ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\]\([^)]*\)/g, ' ')
    .replace(/:[a-z0-9_+-]+:/g, ' ')
    .replace(/&lt;|&gt;|&amp;/g, ' ')
    .match(/[\p{L}\p{N}]+/gu) ?? [];
}

function missing(doc, page) {
  const all = new Set();
  texts(doc, (text) => words(text).forEach((w) => all.add(w)));
  const shown = page.toLowerCase();
  return [...all].filter((w) => !shown.includes(w.toLowerCase()));
}

// ---- files -----------------------------------------------------------------

function inputs() {
  if (!fs.existsSync(options.from)) usage(`${options.from} is not there`);
  if (!fs.statSync(options.from).isDirectory()) return [options.from];
  const files = fs.readdirSync(options.from).filter((f) => f.endsWith('.json')).sort().map((f) => path.join(options.from, f));
  if (!files.length) usage(`${options.from} has no .json`);
  return files;
}

// Fewer colors until the file is small, if that makes it so.
function shrink(file, warn) {
  for (const colors of [256, 64, 24]) {
    try {
      execFileSync('pngquant', ['--force', '--skip-if-larger', '--strip', '--speed', '1', '--ext', '.png', String(colors), file], { stdio: 'pipe' });
    } catch (err) {
      if (err.code === 'ENOENT') return warn('no pngquant: the file stays large');
      if (![98, 99].includes(err.status)) throw err; // 98: would be larger
    }
    if (fs.statSync(file).size <= mostBytes) return;
  }
}

async function picture(page, file) {
  const warnings = [];
  const warn = (text) => warnings.push(text);
  const name = path.basename(file, '.json');
  const out = path.join(options.to, `${name}.png`);
  const doc = JSON.parse(fs.readFileSync(file, 'utf8'));
  const body = renderToStaticMarkup(h('div', { id: 'picture' }, draw(doc, warn)));
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><style>${css}</style><body>${body}`;
  if (options['keep-html']) fs.writeFileSync(path.join(options.to, `${name}.html`), html);

  await page.setViewport({ width: options.width, height: 100, deviceScaleFactor: 2 });
  await page.setContent(html, { waitUntil: 'load' });
  const { text, width } = await page.evaluate(async () => {
    for (const img of document.querySelectorAll('img')) {
      if (img.complete && img.naturalWidth) continue;
      const box = document.createElement('span');
      box.className = 'picture-image';
      box.textContent = img.alt || 'image';
      img.replaceWith(box);
    }
    await document.fonts.ready;
    const fields = [...document.querySelectorAll('input, textarea')].map((f) => `${f.value} ${f.placeholder}`);
    return { text: [document.body.textContent, ...fields].join(' '), width: document.documentElement.scrollWidth };
  });
  const lost = missing(doc, text);
  if (lost.length) warn(`not in the picture: ${lost.slice(0, 12).join(' ')}${lost.length > 12 ? ' …' : ''}`);
  if (width > options.width) warn(`${width} px wide`);
  for (const scale of [2, 1.5, 1]) {
    await page.setViewport({ width: Math.max(width, options.width), height: 100, deviceScaleFactor: scale });
    const element = await page.$('#picture');
    await element.screenshot({ path: out, captureBeyondViewport: true });
    shrink(out, warn);
    const { size } = fs.statSync(out);
    if (size <= mostBytes) {
      if (scale < 2) warn(`long: drawn at a scale of ${scale}`);
      break;
    }
    if (scale === 1) warn(`the file has ${size} bytes`);
  }
  console.log(`${out} ${Math.ceil(fs.statSync(out).size / 1000)} kB`);
  for (const w of warnings) console.error(`${file}: ${w}`);
  return lost.length === 0;
}

const files = inputs();
fs.mkdirSync(options.to, { recursive: true });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--hide-scrollbars', '--disable-font-subpixel-positioning', '--disable-lcd-text', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});
let good = true;
try {
  const page = await browser.newPage();
  await page.setRequestInterception(true);
  page.on('request', (r) => (/^(data|about):/.test(r.url()) ? r.continue() : r.abort()));
  for (const file of files) {
    try {
      good = (await picture(page, file)) && good;
    } catch (err) {
      console.error(`${file}: ${err.message}`);
      good = false;
    }
  }
} finally {
  await browser.close();
}
process.exitCode = good ? 0 : 1;
