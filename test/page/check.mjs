// Looks at the pages and pictures in a directory as people do, and says what is wrong:
// node check.mjs DIRECTORY. Screenshots stay in the directory.
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const mermaid = path.join(path.dirname(require.resolve('mermaid/package.json')), 'dist/mermaid.min.js');
const dir = path.resolve(process.argv[2]);
const sizes = [2, 12, 40];
const heaviest = 300_000; // bytes of a page of 40 regions

const problems = [];
const complain = (what) => { problems.push(what); console.log('WRONG ' + what); };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// open shows a file from the disk; whatever the page says in the console or loads is wrong.
async function open(name, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const url = pathToFileURL(path.join(dir, name)).href;
  page.on('console', (m) => complain(`${name}: console: ${m.text()}`));
  page.on('pageerror', (e) => complain(`${name}: ${e.message}`));
  page.on('request', (r) => { if (r.url() !== url && !r.url().startsWith('data:')) complain(`${name} loads ${r.url()}`); });
  await page.goto(url);
  return page;
}

// measured counts the texts of the visible picture, and lists those that overlap each other or leave their card.
const measured = () => {
  const svg = [...document.querySelectorAll('#picture svg[role=img]')].find((s) => s.getBoundingClientRect().width > 0);
  const bad = [];
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2.5 && b.top < a.bottom - 2.5;
  // What stands on a card is measured where the card is drawn.
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  const at = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text.t')].map((t) => ({ words: t.textContent, box: t.getBoundingClientRect() }));
  for (const use of svg.querySelectorAll('use')) {
    const group = document.querySelector(use.getAttribute('href'));
    const card = use.previousElementSibling.getBoundingClientRect();
    for (const t of group.querySelectorAll('text')) {
      const b = t.getBBox();
      const left = at.left + scale * (use.x.baseVal.value + b.x), top = at.top + scale * (use.y.baseVal.value + b.y);
      const box = { left, top, right: left + scale * b.width, bottom: top + scale * b.height };
      const words = [...t.childNodes].filter((n) => n.nodeName === '#text').map((n) => n.data).join('');
      if (box.left < card.left + 4 || box.right > card.right - 4 || box.bottom > card.bottom) bad.push(`"${words}" leaves its card`);
      texts.push({ words, box });
    }
  }
  texts.forEach((a, i) => texts.slice(0, i).forEach((b) => { if (overlap(a.box, b.box)) bad.push(`"${a.words}" and "${b.words}" overlap`); }));
  return { texts: texts.length, bad };
};

async function look(n) {
  const name = `${n}.html`;
  const weight = statSync(path.join(dir, name)).size;
  let texts = 0, rules = 0;
  if (weight > heaviest) complain(`${name} has ${weight} bytes`);
  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      const what = `${name}, ${width} px, ${colorScheme}`;
      const page = await open(name, { viewport: { width, height: 900 }, colorScheme });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) complain(`${what}: the page is ${wide} px wide`);
      const found = await page.evaluate(measured);
      texts += found.texts;
      found.bad.forEach((b) => complain(`${what}: ${b}`));
      await page.evaluate(axe);
      const result = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      rules = result.passes.length;
      for (const v of result.violations) complain(`${what}: axe: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((x) => x.html).join(' ')}`);
      await page.screenshot({ path: path.join(dir, `${n}-${width}-${colorScheme}.png`), clip: { x: 0, y: 0, width, height: 4000 }, fullPage: true });
      await page.context().close();
    }
  }
  console.log(`${name}: ${weight} bytes, ${texts} texts measured, axe passes ${rules} rules`);
}

// use works the page by keyboard.
async function use() {
  const page = await open('12.html', { viewport: { width: 1280, height: 900 } });
  await page.keyboard.press('Tab');
  if (await page.evaluate(() => document.activeElement.className) !== 'skip') complain('the first stop of the Tab key is not the skip link');
  const column = () => page.evaluate(() => [...document.querySelectorAll('#regions-t tbody tr:not([hidden])')].map((r) => r.cells[1].textContent));
  const written = await column();
  const head = page.locator('#regions-t thead th').nth(1);
  const order = [];
  for (const want of ['ascending', 'descending', null]) {
    await head.locator('button').focus();
    await page.keyboard.press('Enter');
    if (await head.getAttribute('aria-sort') !== want) complain(`aria-sort is not ${want}`);
    order.push(await column());
  }
  const sorted = [...written].sort();
  if (order[0].join() !== sorted.join()) complain(`sorted: ${order[0]}`);
  if (order[1].join() !== sorted.reverse().join()) complain(`sorted the other way: ${order[1]}`);
  if (order[2].join() !== written.join()) complain(`not sorted any more: ${order[2]}`);
  await page.getByLabel('Filter rows').nth(1).fill('oslo hetzner');
  await page.locator('#regions-t-filter').fill('METAL os');
  if ((await column()).join() !== 'bare-metal') complain(`filtered: ${await column()}`);
  const says = await page.locator('#regions-t-filter + output').textContent();
  if (says !== '1 of 12 rows') complain(`the filter says ${says}`);
  await page.emulateMedia({ media: 'print' });
  if (await page.locator('nav').isVisible() || await page.locator('.filter').first().isVisible()) complain('what is of no use on paper is printed');
  const pdf = await page.pdf({ format: 'A4' });
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.screenshot({ path: path.join(dir, '12-print.png'), clip: { x: 0, y: 0, width: 794, height: 3400 }, fullPage: true });
  const still = await open('12.html', { javaScriptEnabled: false });
  const rows = (p) => p.locator('tbody tr').count();
  if (await rows(still) !== await rows(page) || await still.locator('button, input').count() > 0) complain('without its script the page lacks rows, or has what does nothing');
  console.log(`keyboard, paper (${pdf.length} bytes of PDF) and no script: ${await rows(page)} rows`);
  await page.context().close();
  await still.context().close();
}

// draw has Mermaid read and draw each picture, and the browser show each SVG.
async function draw() {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await page.addScriptTag({ path: mermaid });
  for (const n of sizes) {
    const text = readFileSync(path.join(dir, `${n}.mermaid`), 'utf8');
    const drawn = await page.evaluate(async (text) => {
      mermaid.initialize({ startOnLoad: false });
      try {
        const { diagramType } = await mermaid.parse(text);
        return { diagramType, svg: (await mermaid.render('picture', text)).svg };
      } catch (e) {
        return { failed: String(e) };
      }
    }, text);
    const regions = (text.match(/subgraph/g) ?? []).length;
    const clusters = (drawn.svg?.match(/class="cluster[ "]/g) ?? []).length;
    if (drawn.failed || regions !== n || clusters !== n || drawn.svg.includes('Syntax error')) complain(`mermaid, ${n} regions: ${drawn.failed ?? clusters + ' clusters'}`);
    await page.setContent(readFileSync(path.join(dir, `${n}.svg`), 'utf8'));
    const texts = await page.locator('svg text').count();
    if (texts < 8 * n) complain(`${n}.svg has ${texts} texts`);
    await page.screenshot({ path: path.join(dir, `${n}.svg.png`), fullPage: true });
    await page.setContent('');
    await page.addScriptTag({ path: mermaid });
    console.log(`${n} regions: mermaid draws a ${drawn.diagramType} of ${text.length} characters, the browser ${texts} texts`);
  }
}

for (const n of sizes) await look(n);
await use();
await draw();
await browser.close();
if (problems.length > 0) {
  console.log(`${problems.length} problems`);
  process.exit(1);
}
