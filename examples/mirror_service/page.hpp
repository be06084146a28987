// The status page: one text without anything from outside. What it shows comes by /events and goes into the
// document as text, never as markup.
#pragma once

#include <string_view>

namespace mirror {

inline constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>hfasync mirror</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1f2328;background:#fff}
h1{font-size:1.3rem}h2{font-size:1rem;margin-top:2rem}#link{font-weight:normal;color:#6e7781}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem}
.tile{border:1px solid #d0d7de;border-radius:6px;padding:.4rem .8rem;min-width:6rem}
.tile b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem .25rem 0;vertical-align:top}
th{font-weight:600;color:#57606a}tr+tr td{border-top:1px solid #eaeef2}td{overflow-wrap:anywhere}
progress{width:9rem}code{font-size:.85rem}.failed{color:#a40e26}.retry{color:#9a6700}
</style></head><body>
<h1>hfasync mirror <span id="link">connecting</span></h1>
<div class="tiles" id="tiles"></div>
<h2>Under way here</h2><table id="active"></table>
<h2>Ended here</h2><table id="ended"></table>
<h2>Problems</h2><table id="problems"></table>
<p><code id="process"></code></p>
<script>)";

inline constexpr std::string_view page_script = R"('use strict';
const at = id => document.getElementById(id);
const make = (tag, text, name) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
};
const bytes = n => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; ++i; }
  return n.toFixed(i ? 1 : 0) + ' ' + units[i];
};
const table = (id, heads, rows) => {
  const head = make('tr');
  for (const text of heads) head.append(make('th', text));
  at(id).replaceChildren(...(rows.length ? [head, ...rows] : [make('tr', 'none')]));
};
const row = cells => {
  const line = make('tr');
  for (const cell of cells) {
    const place = make('td');
    place.append(cell);
    line.append(place);
  }
  return line;
};
const tile = (label, value, id) => {
  const box = make('div', undefined, 'tile');
  const number = make('b', value);
  number.id = id;
  box.append(number, label);
  return box;
};
const show = s => {
  at('tiles').replaceChildren(
    tile('waiting', s.counts.waiting, 'waiting'), tile('active', s.counts.active, 'active-count'),
    tile('done', s.counts.done, 'done'), tile('failed', s.counts.failed, 'failed'),
    tile('files in flight', s.here.in_flight, 'in-flight'), tile('files', s.here.files, 'files'),
    tile('transferred', bytes(s.here.bytes), 'bytes'), tile('rounds', s.here.rounds, 'rounds'));
  table('active', ['repo', 'commit', 'phase', 'files', 'progress'], s.active.map(job => {
    const bar = make('progress');
    bar.max = Math.max(job.bytes_total, 1);
    bar.value = job.bytes_done;
    return row([job.subject, make('code', job.commit.slice(0, 12)), job.phase,
                job.files_done + ' / ' + job.files_total, bar]);
  }));
  table('ended', ['repo', 'commit', 'outcome', 'when', ''], s.ended.map(job =>
    row([job.subject, make('code', job.commit.slice(0, 12)), make('span', job.outcome, job.outcome),
         job.at.replace('T', ' ').slice(0, 19), job.detail])));
  table('problems', [''], s.problems.map(text => row([text])));
  at('process').textContent = s.process;
};
const events = new EventSource('events');
events.onopen = () => { at('link').textContent = 'live'; };
events.onerror = () => { at('link').textContent = 'no connection'; };
events.onmessage = event => show(JSON.parse(event.data));
)";

inline constexpr std::string_view page_tail = "</script></body></html>\n";

} // namespace mirror
