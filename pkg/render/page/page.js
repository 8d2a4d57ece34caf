// Sorting and filtering. Everything can be read without.
'use strict';
for (const table of document.querySelectorAll('table')) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  if (rows.length > 1) heads.forEach((head, column) => sortable(head, column, heads, rows, body));
  if (table.classList.contains('long')) filterable(table, rows);
}

// sortable makes a button of a heading: ascending, descending, and as it was written.
function sortable(head, column, heads, rows, body) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = head.textContent;
  head.replaceChildren(button);
  const texts = new Map(rows.map((row) => [row, row.cells[column].textContent]));
  button.addEventListener('click', () => {
    const next = { ascending: 'descending', descending: '' }[head.getAttribute('aria-sort')] ?? 'ascending';
    heads.forEach((other) => other.removeAttribute('aria-sort'));
    const sorted = [...rows];
    if (next) {
      head.setAttribute('aria-sort', next);
      if (!head.hasAttribute('data-o')) {
        sorted.sort((a, b) => texts.get(a).localeCompare(texts.get(b), 'en', { numeric: true }));
      }
      if (next === 'descending') sorted.reverse();
    }
    body.append(...sorted);
  });
}

// filterable hides rows that lack one of the words in a field above the table.
function filterable(table, rows) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  const count = document.createElement('output');
  input.type = 'search';
  input.id = table.id + '-filter';
  label.htmlFor = input.id;
  label.textContent = 'Filter rows';
  count.htmlFor.add(input.id);
  const bar = document.createElement('div');
  bar.className = 'filter';
  bar.append(label, input, count);
  table.parentElement.before(bar);
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase());
  const show = () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !wanted.every((word) => texts[i].includes(word));
      if (!row.hidden) shown++;
    });
    count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  };
  input.addEventListener('input', show);
  show();
}
