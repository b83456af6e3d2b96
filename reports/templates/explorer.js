const COLOURS = 6, MOST_GROUPS = 6, SPAN = 40;
const MARKS = ["circle", "square", "triangle", "diamond", "cross", "bar"];
const state = { survey: 0, item: 0, figure: 0, by: 0, groups: [], from: 0, to: 0 };

const survey = () => surveys[state.survey];
const item = () => survey().items[state.item];
const series = () => item().series[state.figure];
const domain = () => survey().domains[state.by];

function shown(value, kind) {
  if (kind === "number") return value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  if (value > 0 && value < 1) return words.less;
  return value > 99 && value < 100 ? words.more : say(words.axis_percent, { value });
}

/* The points of one group: a place for each wave, null where there was no question, hidden where it is not shown. */
function pointsOf(figures, by, group) {
  const found = survey().waves.map(() => null);
  for (const [d, v, wave, estimate, low, high, base, thin] of figures.points) {
    if (d === by && v === group)
      found[wave] = estimate === undefined ? { hidden: true } : { estimate, low, high, base, thin };
  }
  return found;
}

/* Earlier wordings that can share the picture, newest first. */
function earlier() {
  const link = item().links.find((one) => one.when === "earlier" && one.comparability === "comparable_with_break");
  const other = link && survey().items.find((one) => one.id === link.item);
  const figures = other && other.series.find((one) => one.key === series().key);
  return figures ? { link, figures } : null;
}

function lines() {
  const before = earlier();
  return state.groups.map((group) => {
    const now = pointsOf(series(), state.by, group);
    const then = before ? pointsOf(before.figures, state.by, group) : [];
    const points = now.map((point, wave) => point || (then[wave] ? { ...then[wave], old: true } : null));
    return { name: plain(domain().groups[group]), marked: domain().groups[group], order: group,
      points: points.map((point, wave) => (wave >= state.from && wave <= state.to ? point : null)) };
  });
}

/* ---------- controls ---------- */

const option = (text, value, chosen) => putPlain(new Option("", value, false, chosen), text);

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => option(text, value, value === chosen)));
}

function fillItems() {
  const sought = $("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const topics = new Map();
  survey().items.forEach((one, place) => {
    const text = plain(`${one.label} ${one.wording} ${one.topic}`).toLowerCase();
    if (!sought.every((word) => text.includes(word))) return;
    if (!topics.has(one.topic)) topics.set(one.topic, []);
    topics.get(one.topic).push(option(one.label, place, place === state.item));
  });
  $("item").replaceChildren(...[...topics].flatMap(([topic, entries]) => {
    if (!topic) return entries;
    const group = document.createElement("optgroup");
    group.label = plain(topic);
    group.lang = topic.match(WHOLE)?.[1] ?? language;
    group.append(...entries);
    return [group];
  }));
  $("no-item").hidden = topics.size > 0;
}

function fillControls() {
  $("survey-field").hidden = surveys.length < 2;
  options($("survey"), surveys.map((one, place) => [place, one.title]), state.survey);
  fillItems();
  options($("figure"), item().series.map((one, place) => [place, one.label]), state.figure);
  options($("by"), survey().domains.map((one, place) => [place, one.label]), state.by);
  options($("from"), survey().waves.map((one, place) => [place, one.label]), state.from);
  options($("to"), survey().waves.map((one, place) => [place, one.label]), state.to);
  $("groups-field").hidden = domain().values.length < 2;
  $("groups").replaceChildren(...domain().values.map((_, place) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", value: place,
      checked: state.groups.includes(place) });
    const label = document.createElement("label");
    label.append(box, put(document.createElement("span"), domain().groups[place]));
    return label;
  }));
}

function allGroups() {
  return domain().values.map((_, place) => place).slice(0, MOST_GROUPS);
}

function newSurvey() {
  Object.assign(state, { item: 0, figure: 0, by: 0, from: 0, to: survey().waves.length - 1 });
  state.groups = allGroups();
}

$("controls").addEventListener("submit", (event) => event.preventDefault());
$("controls").addEventListener("change", (event) => {
  const { id, value } = event.target;
  if (id === "search") return;
  if (id === "survey") { state.survey = Number(value); newSurvey(); }
  else if (id === "item") { state.item = Number(value); state.figure = 0; }
  else if (id === "figure") state.figure = Number(value);
  else if (id === "by") { state.by = Number(value); state.groups = allGroups(); }
  else if (id === "from") { state.from = Number(value); state.to = Math.max(state.from, state.to); }
  else if (id === "to") { state.to = Number(value); state.from = Math.min(state.from, state.to); }
  else state.groups = [...$("groups").querySelectorAll(":checked")].map((box) => Number(box.value));
  show(event.target.closest("#groups") !== null);
});
$("search").addEventListener("input", fillItems);

/* ---------- the address ---------- */

function address() {
  const asked = new URLSearchParams({ survey: survey().id, item: item().id, figure: series().key, by: domain().id,
    from: survey().waves[state.from].id, to: survey().waves[state.to].id });
  if ($("language")) asked.set("language", language);
  if (domain().values.length > 1) asked.set("groups", state.groups.map((one) => domain().values[one]).join("|"));
  return `#${asked}`;
}

function restore() {
  const asked = new URLSearchParams(location.hash.slice(1));
  speak(asked.get("language"));
  const place = (list, name, key = "id") => Math.max(0, list.findIndex((one) => one[key] === asked.get(name)));
  state.survey = place(surveys, "survey");
  newSurvey();
  state.item = place(survey().items, "item");
  state.figure = place(item().series, "figure", "key");
  state.by = place(survey().domains, "by");
  state.groups = allGroups();
  if (asked.has("groups")) {
    const named = asked.get("groups").split("|");
    state.groups = domain().values.flatMap((value, at) => (named.includes(value) ? [at] : []));
  }
  if (asked.has("from")) state.from = place(survey().waves, "from");
  if (asked.has("to")) state.to = place(survey().waves, "to");
}

/* ---------- the picture ---------- */

const SVG = "http://www.w3.org/2000/svg";
function draw(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function scale(points, kind) {
  const values = points.flatMap((one) => [one.low ?? one.estimate, one.high ?? one.estimate]);
  if (kind === "number") {
    const low = Math.min(...values, Infinity), high = Math.max(...values, -Infinity);
    const room = Number.isFinite(low) ? Math.max((high - low) * 0.15, 0.1) : 1;
    const [bottom, top] = Number.isFinite(low) ? [low - room, high + room] : [0, 1];
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1000].find((one) => (top - bottom) / one <= 6) || top - bottom;
    return { low: Math.floor(bottom / step) * step, high: Math.ceil(top / step) * step, step };
  }
  let low = values.length ? Math.floor(Math.min(...values) / 10) * 10 : 0;
  let high = values.length ? Math.ceil(Math.max(...values) / 10) * 10 : 100;
  while (high - low < SPAN) {
    low = Math.max(0, low - 10);
    if (high - low < SPAN) high = Math.min(100, high + 10);
  }
  return { low, high, step: high - low <= 50 ? 10 : 20 };
}

function runs(points, same) {
  const found = [];
  points.forEach((point, wave) => {
    const last = found[found.length - 1];
    if (point.estimate === undefined) { found.push([]); return; }
    if (!last || !last.length || last[last.length - 1].wave !== wave - 1 || !same(last[last.length - 1], point)) found.push([]);
    found[found.length - 1].push({ ...point, wave });
  });
  return found.filter((run) => run.length);
}

function mark(parent, shape, x, y, colour, open) {
  const look = { fill: open ? "var(--paper)" : colour, stroke: open ? colour : "var(--paper)", "stroke-width": open ? 2 : 1.5 };
  if (shape === "circle") return draw(parent, "circle", { cx: x, cy: y, r: 5, ...look });
  const paths = { square: "M-4.5-4.5h9v9h-9z", triangle: "M0-6L5.5 4h-11z", diamond: "M0-6.2L6.2 0L0 6.2L-6.2 0z",
    cross: "M-5.5-2h3.5v-3.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5z", bar: "M-6-3.2h12v6.4h-12z" };
  return draw(parent, "path", { d: paths[shape], transform: `translate(${x} ${y})`, ...look });
}

const pen = document.createElement("canvas").getContext("2d");
function widthOf(text, size) {
  pen.font = `650 ${size}px system-ui, sans-serif`;
  return pen.measureText(text).width * 1.04;
}

/* Cut a label into lines that fit into a room. */
function cut(text, size, room) {
  return text.split(" ").reduce((lines, word) => {
    const longer = `${lines[lines.length - 1]} ${word}`;
    if (lines.length && widthOf(longer, size) <= room) return [...lines.slice(0, -1), longer];
    return [...lines, word];
  }, []);
}

/* Push labels apart until each has its own lines. */
function spread(labels, height, top, bottom) {
  const gap = (place) => height * (labels[place].lines.length + labels[place + 1].lines.length) / 2;
  const edge = (one) => height * (one.lines.length - 1) / 2;
  labels.sort((one, other) => one.y - other.y);
  labels.forEach((one, place) => { one.y = Math.max(one.y, place ? labels[place - 1].y + gap(place - 1) : top + edge(one)); });
  for (let place = labels.length - 1; place >= 0; place--)
    labels[place].y = Math.min(labels[place].y, place === labels.length - 1 ? bottom - edge(labels[place]) : labels[place + 1].y - gap(place));
  return labels;
}

function picture(drawn) {
  const narrow = window.innerWidth < 620;
  const [width, height, size, mostRoom] = narrow ? [380, 330, 12, 118] : [760, 380, 13, 200];
  const labelled = drawn.map((one) => `${domain().values.length > 1 ? one.name : ""} >99%`);
  const room = Math.min(mostRoom, Math.max(0, ...labelled.map((text) => widthOf(text, size))));
  const box = { left: narrow ? 40 : 52, right: width - room - 14, top: 14, bottom: height - 46 };
  const kind = series().kind;
  const waves = survey().waves.slice(state.from, state.to + 1);
  const measured = scale(drawn.flatMap((one) => one.points.filter((point) => point && point.estimate !== undefined)), kind);
  const x = (wave) => waves.length === 1 ? (box.left + box.right) / 2
    : box.left + 18 + (box.right - box.left - 36) * (wave - state.from) / (waves.length - 1);
  const y = (value) => box.bottom - (value - measured.low) / (measured.high - measured.low) * (box.bottom - box.top);
  const svg = draw(document.createDocumentFragment(), "svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-labelledby": "chart-title", "font-family": "system-ui, sans-serif", "font-size": size });
  draw(svg, "title", { id: "chart-title" }, inWords(drawn));
  for (let tick = measured.low; tick <= measured.high + measured.step / 1e6; tick += measured.step) {
    draw(svg, "line", { x1: box.left, x2: box.right, y1: y(tick), y2: y(tick), stroke: "var(--rule)" });
    draw(svg, "text", { x: box.left - 8, y: y(tick) + 4, "text-anchor": "end", fill: "var(--quiet)" },
      kind === "number" ? Number(tick.toFixed(2)).toLocaleString(locale) : say(words.axis_percent, { value: tick }));
  }
  const every = Math.ceil(waves.length / (narrow ? 5 : 12));
  waves.forEach((wave, place) => {
    if ((waves.length - 1 - place) % every) return;
    draw(svg, "text", { x: x(place + state.from), y: box.bottom + 20, "text-anchor": "middle", fill: "var(--quiet)" }, wave.label.replace(/^\D+/, "") || wave.label);
  });
  draw(svg, "text", { x: (box.left + box.right) / 2, y: box.bottom + 38, "text-anchor": "middle", fill: "var(--quiet)" }, words.wave);
  wordingBreak(svg, drawn, x, box);
  const dodge = (place) => (drawn.length > 3 ? (place - (drawn.length - 1) / 2) * Math.min(7, 44 / drawn.length) : 0);
  const labels = drawn.flatMap((one, place) => line(svg, one, drawn.length, (wave) => x(wave) + dodge(place), y));
  for (const label of labels) label.lines = cut(label.text, size, room);
  for (const label of spread(labels, size + 3, box.top, box.bottom + 2)) {
    draw(svg, "path", { d: `M${label.x + 8} ${label.from}L${box.right + 6} ${label.y}`, stroke: label.colour, "stroke-width": 1, fill: "none", opacity: 0.6 });
    const text = draw(svg, "text", { fill: label.colour, "font-weight": 650 });
    label.lines.forEach((line, number) => draw(text, "tspan", { x: box.right + 10,
      y: label.y + 4 + (size + 1) * (number - (label.lines.length - 1) / 2) }, line));
  }
  return svg;
}

function line(svg, one, n, x, y) {
  const colour = `var(--c${one.order % COLOURS})`;
  const kept = one.points.map((point) => point || {});
  const last = kept.reduce((found, point, wave) => (point.estimate === undefined ? found : wave), -1);
  for (const run of runs(kept, (a, b) => Boolean(a.old) === Boolean(b.old))) {
    const band = run.filter((point) => point.low !== null && point.low !== undefined);
    if (n <= 3 && band.length > 1)
      draw(svg, "polygon", { fill: colour, opacity: 0.13, points: [...band.map((p) => `${x(p.wave)},${y(p.high)}`),
        ...band.slice().reverse().map((p) => `${x(p.wave)},${y(p.low)}`)].join(" ") });
    if (run.length > 1)
      draw(svg, "polyline", { fill: "none", stroke: colour, "stroke-width": 2.2, "stroke-linejoin": "round",
        "stroke-dasharray": run[0].old ? "5 4" : "none", points: run.map((p) => `${x(p.wave)},${y(p.estimate)}`).join(" ") });
    for (const point of run) {
      if (point.low !== null)
        draw(svg, "line", { x1: x(point.wave), x2: x(point.wave), y1: y(point.low), y2: y(point.high), stroke: colour, "stroke-width": n > 3 ? 1.6 : 2, opacity: 0.45, "stroke-linecap": "round" });
      const dot = mark(svg, n > 1 ? MARKS[(one.order + Math.floor(one.order / COLOURS)) % MARKS.length] : "circle", x(point.wave), y(point.estimate), colour, point.old);
      draw(dot, "title", {}, `${one.name}, ${survey().waves[point.wave].label}: ${cell(point).join(", ")}`);
    }
  }
  if (last < 0) return [];
  const end = kept[last];
  const name = domain().values.length > 1 ? `${one.name} ` : "";
  return [{ x: x(last), from: y(end.estimate), y: y(end.estimate), colour, text: `${name}${shown(end.estimate, series().kind)}` }];
}

function wordingBreak(svg, drawn, x, box) {
  const last = Math.max(-1, ...drawn.flatMap((one) => one.points.map((point, wave) => (point && point.old ? wave : -1))));
  if (last < 0 || last >= state.to) return;
  const at = (x(last) + x(last + 1)) / 2;
  draw(svg, "line", { x1: at, x2: at, y1: box.top, y2: box.bottom, stroke: "var(--quiet)", "stroke-dasharray": "3 4" });
  draw(svg, "text", { x: at + 5, y: box.top + 10, fill: "var(--quiet)", "font-size": 12 }, words.break);
}

function range(point) {
  return point.low === null ? "–"
    : say(words.range, { low: shown(point.low, series().kind), high: shown(point.high, series().kind) });
}

function cell(point) {
  if (!point) return [words.not_asked];
  if (point.hidden) return [words.too_few];
  const base = point.base === null ? words.too_few : point.base.toLocaleString(locale);
  return [shown(point.estimate, series().kind), range(point), `${words.base} ${base}`, ...(point.thin ? [words.thin] : [])];
}

function inWords(drawn) {
  const groups = drawn.map((one) => {
    const wave = one.points.reduce((found, point, at) => (point && point.estimate !== undefined ? at : found), -1);
    if (wave < 0) return say(words.chart_empty, { group: one.name });
    return say(words.chart_group, { group: one.name, last: shown(one.points[wave].estimate, series().kind),
      wave: survey().waves[wave].label, range: range(one.points[wave]) });
  });
  return plain(sayNumber(words.chart, state.to - state.from + 1, { figure: `${item().label}: ${series().label}`, groups: groups.join(" ") }));
}

/* ---------- the page ---------- */

function table(drawn) {
  const row = (parent, cells) => cells.reduce((made, one) => (made.append(one), made), parent.insertRow());
  const element = (name, ...inside) => { const made = document.createElement(name); made.append(...inside); return made; };
  const heading = (scope, ...inside) => Object.assign(element("th", ...inside), { scope });
  const made = document.createElement("table");
  row(made.createTHead(), [heading("col", words.wave), ...drawn.map((one) => put(heading("col"), one.marked))]);
  const body = made.createTBody();
  survey().waves.forEach((wave, place) => {
    if (place < state.from || place > state.to) return;
    row(body, [heading("row", wave.label, element("small", wave.dates)), ...drawn.map((one) => {
      const [first, ...rest] = cell(one.points[place]);
      return element("td", rest.length ? element("b", first) : first, ...rest.map((text) => element("small", text)));
    })]);
  });
  made.id = "table";
  $("table").replaceWith(made);
}

function versions() {
  const before = earlier();
  const entries = item().links.map((link) => {
    const at = survey().items.findIndex((one) => one.id === link.item);
    if (at < 0) return null;
    const words_for = link.when === "earlier" ? words.version_earlier : words.version_later;
    const apart = link.comparability === "not_comparable" ? ` (${words.not_comparable})` : "";
    const button = Object.assign(put(document.createElement("button"), `${words_for}: ${survey().items[at].label}${apart}`), { type: "button" });
    button.addEventListener("click", () => { state.item = at; state.figure = 0; show(); $("label").scrollIntoView({ block: "nearest" }); });
    return button;
  }).filter(Boolean);
  if (before) {
    entries.unshift(put(document.createElement("p"), say(words.break_note, { note: before.link.note })));
  }
  $("versions").replaceChildren(...entries);
}

function show(keepGroups = false) {
  const focused = document.activeElement && document.activeElement.id;
  if (!keepGroups) fillControls();
  if (focused && $(focused)) $(focused).focus();
  const drawn = lines();
  put($("title"), survey().title);
  put($("population"), survey().population);
  put($("topic"), item().topic);
  put($("label"), item().label);
  put($("figure-name"), series().label);
  put($("wording"), item().wording);
  $("review").replaceChildren(...survey().review.map(([lang, text]) =>
    Object.assign(document.createElement("p"), { className: "note", lang, textContent: text })));
  $("chart").replaceChildren(picture(drawn));
  $("caption").textContent = words.band;
  $("method").textContent = [survey().inference, survey().small_groups].filter(Boolean).join(" ");
  versions();
  table(drawn);
  history.replaceState(null, "", address());
  $("link").value = location.href;
  put($("live"), say(words.updated, { figure: `${item().label}: ${series().label}`, by: domain().label }));
}

/* ---------- take away ---------- */

function save(name, blob) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function csv() {
  const guarded = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  const quoted = (value) => typeof value === "number" ? String(value) : `"${guarded(String(value ?? "")).replaceAll('"', '""')}"`;
  const rows = [["survey", "item", "wording", "figure", "domain", "group", "wave", "fieldwork", "estimate", "low", "high", "base", "note"]];
  for (const one of lines()) one.points.forEach((point, place) => {
    if (place < state.from || place > state.to) return;
    const wave = survey().waves[place], known = point && !point.hidden ? point : {};
    const note = !point ? words.not_asked : point.hidden ? words.too_few : [point.old ? words.version_earlier : "", point.thin ? words.thin : ""].filter(Boolean).join("; ");
    rows.push([survey().id, item().id, plain(item().wording), plain(series().label), domain().id, one.name, wave.id, wave.dates,
      known.estimate, known.low, known.high, known.base, note]);
  });
  return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

/* The picture as a file of its own: colours written out, the question above it. */
function standalone() {
  const svg = $("chart").firstChild.cloneNode(true);
  const style = getComputedStyle(document.documentElement);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const head = 58;
  svg.setAttribute("viewBox", `0 ${-head} ${width} ${height + head}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height + head);
  svg.setAttribute("xmlns", SVG);
  const title = draw(svg, "text", { x: 8, y: 24 - head, "font-size": 18, fill: "var(--ink)" }, plain(item().label));
  const under = draw(svg, "text", { x: 8, y: 44 - head, "font-size": 13, fill: "var(--quiet)" }, plain(series().label));
  const ground = draw(svg, "rect", { x: 0, y: -head, width, height: height + head, fill: "var(--paper)" });
  svg.prepend(ground);
  title.after(under);
  return { width, height: height + head, text: new XMLSerializer().serializeToString(svg).replace(/var\((--\w+)\)/g, (_, name) => style.getPropertyValue(name).trim()) };
}

function fileName(ending) {
  return `${survey().id}_${item().id}_${domain().id}.${ending}`;
}

$("get-csv").addEventListener("click", () => save(fileName("csv"), new Blob(["\ufeff", csv()], { type: "text/csv" })));
$("get-svg").addEventListener("click", () => save(fileName("svg"), new Blob([standalone().text], { type: "image/svg+xml" })));
$("get-png").addEventListener("click", () => {
  const { width, height, text } = standalone(), image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, width * 2, height * 2);
    canvas.toBlob((blob) => save(fileName("png"), blob), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
});
$("copy").addEventListener("click", async () => {
  $("link").select();
  try { await navigator.clipboard.writeText($("link").value); } catch { document.execCommand("copy"); }
  $("live").textContent = words.copied;
});
window.addEventListener("hashchange", () => { restore(); show(); });
let before = window.innerWidth < 620;
window.addEventListener("resize", () => {
  if ((window.innerWidth < 620) !== before) { before = !before; show(true); }
});

restore();
show();
