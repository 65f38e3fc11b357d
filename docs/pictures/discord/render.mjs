// Draws Discord's JSON as PNG; render.sh says how it is used. The package draws
// messages, embeds, buttons and menus of texts; drawn by hand are the texts in them
// (markdown.mjs) and what it has no element for. At last the words of the JSON are
// looked for on the page: what is missing is said.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import puppeteer from 'puppeteer-core';
import { markdown, safe } from './markdown.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { user: { type: 'string', default: 'ann' }, command: { type: 'string' }, time: { type: 'string', default: '2026-11-25T09:17:00Z' }, width: { type: 'string', default: '760' } },
});
const [from, to] = positionals;
const now = Date.parse(options.time);
const md = (text) => markdown(text, now);

const face = (colour, letters) => `data:image/svg+xml;base64,${Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80"><circle cx="40" cy="40" r="40" fill="${colour}"/><text x="40" y="52" font-family="sans-serif" font-size="34" font-weight="bold" text-anchor="middle" fill="#fff">${letters}</text></svg>`).toString('base64')}`;
const colour = (n) => (n === undefined ? '' : `#${n.toString(16).padStart(6, '0')}`);

// ---- components -------------------------------------------------------------

const styles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'destructive', 5: 'secondary' };
const pickers = { 5: 'user', 6: 'role', 7: 'mentionable', 8: 'channel' };

function component(c) {
  switch (c.type) {
    case 1: return `<discord-action-row>${c.components.map(component).join('')}</discord-action-row>`;
    case 2: return `<discord-button type="${styles[c.style]}" ${c.disabled ? 'disabled' : ''} ${c.url ? `url="${safe(c.url)}"` : ''}>${safe(`${c.emoji?.name ?? ''} ${c.label ?? ''}`.trim())}</discord-button>`;
    case 3: case 5: case 6: case 7: case 8:
      return `<div class="menu" title="${pickers[c.type] ?? 'string'}">${safe(c.placeholder ?? 'Make a selection')}<i></i></div>`;
    case 9: return `<div class="section"><div>${c.components.map(component).join('')}</div>${component(c.accessory)}</div>`;
    case 10: return `<div class="text">${md(c.content)}</div>`;
    case 14: return `<hr class="${c.divider === false ? 'blank' : ''}">`;
    case 17: return `<div class="container" style="border-left-color:${colour(c.accent_color) || '#4f545c'}">${c.components.map(component).join('')}</div>`;
    case 18: return `<div class="label"><b>${safe(c.label)}</b>${c.component.required === false ? '' : '<em> *</em>'}${c.description ? `<small>${safe(c.description)}</small>` : ''}${component(c.component)}</div>`;
    case 4: return `<div class="input ${c.style === 2 ? 'box' : ''}">${safe(c.value ?? '')}</div>`;
    default: return `<div class="text">[component ${c.type}]</div>`;
  }
}

function embed(e) {
  let index = 0;
  const fields = (e.fields ?? []).map((f) => {
    index = f.inline ? (index % 3) + 1 : 0;
    return `<discord-embed-field field-title="${safe(f.name.replace(/\\(.)/g, '$1'))}" ${f.inline ? `inline inline-index="${index}"` : ''}>${md(f.value)}</discord-embed-field>`;
  });
  return `<discord-embed slot="embeds" color="${colour(e.color)}" ${e.title ? `embed-title="${safe(e.title.replace(/\\(.)/g, '$1'))}"` : ''}>
    ${e.description ? `<discord-embed-description slot="description">${md(e.description)}</discord-embed-description>` : ''}
    ${fields.length ? `<discord-embed-fields slot="fields">${fields.join('')}</discord-embed-fields>` : ''}
    ${e.footer ? `<discord-embed-footer slot="footer">${safe(e.footer.text)}</discord-embed-footer>` : ''}</discord-embed>`;
}

// ---- the page ---------------------------------------------------------------

function message(m, name) {
  const ephemeral = ((m.flags ?? 0) & 64) !== 0;
  const head = m.message_reference
    ? `<discord-reply slot="reply" author="${options.user}" avatar="${face('#b5563c', options.user[0].toUpperCase())}" mentions>@silkwire …</discord-reply>`
    : `<discord-command slot="reply" author="${options.user}" avatar="${face('#b5563c', options.user[0].toUpperCase())}" command="/${options.command ?? name.split('-')[0]}"></discord-command>`;
  const rows = (m.components ?? []).map(component).join('');
  return `<discord-messages><discord-message author="silkwire" avatar="${face('#2f6f8f', 'sw')}" bot ${ephemeral ? 'ephemeral' : ''} timestamp="Today at ${options.time.slice(11, 16)}">
    ${head}${m.content ? md(m.content) : ''}${(m.embeds ?? []).map(embed).join('')}
    ${rows ? `<discord-attachments slot="components">${rows}</discord-attachments>` : ''}</discord-message></discord-messages>`;
}

function body(json, name) {
  switch (json.type) {
    case 8: return `<div class="choices">${json.data.choices.map((c) => `<p>${safe(c.name)}</p>`).join('')}</div>`;
    case 9: return `<div class="form"><h2>${safe(json.data.title)}</h2>${json.data.components.map(component).join('')}<p class="foot"><discord-button type="secondary">Cancel</discord-button> <discord-button type="primary">Submit</discord-button></p></div>`;
    case 4: case 7: return message(json.data, name);
    default: return message(json, name);
  }
}

const bundle = buildSync({ stdin: { contents: "import '@skyra/discord-components-core'", resolveDir: here }, bundle: true, write: false, format: 'iife', logLevel: 'error' }).outputFiles[0].text;
const css = fs.readFileSync(path.join(here, 'render.css'), 'utf8');
const page = (html) => `<!doctype html><meta charset="utf-8"><style>${css}</style><div id="picture" style="width:${options.width}px">${html}</div><script>${bundle}</script>`;

// The words that a reader must find.
function words(json) {
  const out = [];
  (function walk(v, key) {
    if (typeof v === 'string' && ['content', 'title', 'description', 'text', 'name', 'value', 'label', 'placeholder'].includes(key)) out.push(v);
    else if (Array.isArray(v)) v.forEach((x) => walk(x, key));
    else if (v && typeof v === 'object') for (const [k, x] of Object.entries(v)) if (!['options', 'custom_id'].includes(k) && !(json.type === 8 && k === 'value')) walk(x, k);
  })(json.data ?? json, '');
  return out.join('\n').replace(/<[^>]*>|\]\([^)]*\)/g, ' ').replace(/\\(.)/g, '$1').match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
fs.mkdirSync(to, { recursive: true });
const files = fs.statSync(from).isDirectory() ? fs.readdirSync(from).filter((f) => f.endsWith('.json')).map((f) => path.join(from, f)) : [from];
let missing = 0;
for (const file of files) {
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (Array.isArray(json)) continue; // the commands
  const name = path.basename(file, '.json');
  const tab = await browser.newPage();
  await tab.setViewport({ width: Number(options.width), height: 400, deviceScaleFactor: 2 });
  await tab.setContent(page(body(json, name)), { waitUntil: 'load' });
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const seen = await tab.evaluate(() => {
    const all = (node) => [...node.childNodes].map((n) => (n.nodeType === 3 ? n.data : (n.shadowRoot ? all(n.shadowRoot) : '') + all(n))).join(' ');
    return all(document.getElementById('picture')) + [...document.querySelectorAll('*')].flatMap((n) => [n.getAttribute('field-title'), n.getAttribute('embed-title')]).join(' ');
  });
  const lost = [...new Set(words(json))].filter((w) => !seen.includes(w));
  if (lost.length) {
    missing = 1;
    console.error(`${name}: not in the picture: ${lost.slice(0, 12).join(' ')}`);
  }
  const out = path.join(to, `${name}.png`);
  await (await tab.$('#picture')).screenshot({ path: out });
  await tab.close();
  try {
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--output', out, '64', out]);
  } catch { /* it is not there, or makes it no smaller */ }
}
await browser.close();
process.exit(missing);
