"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
const places = new Float32Array(bytes(data.places));
const likes = new Int32Array(bytes(data.likes));
const neighbours = new Int32Array(bytes(data.neighbours));
const counts = new Int32Array(bytes(data.counts));
const K = data.neighboursOfEach, N = data.titles.length;
const OTHER = "#8d939b";
// From blue to yellow, as cividis, each a readable distance from the page behind it.
const DECADES = ["#00224e", "#2f4a7d", "#5d6580", "#7c7b78", "#978d5f", "#b39a35", "#cf9f00"];
const ON_DARK = ["#4a78c9", "#6d87b5", "#8a95a5", "#a09f92", "#bdb080", "#d9c86a", "#fee838"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const $ = (id) => document.getElementById(id);
const canvas = $("map"), pen = canvas.getContext("2d");
const people = (n) => (n === 1 ? "1 person" : n.toLocaleString("en") + " people");
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Few likes first, so that famous movies lie on top.
const order = Array.from({ length: N }, (_, i) => i).sort((a, b) => likes[a] - likes[b] || a - b);
const mostLikes = N ? Math.max(1, likes[order[N - 1]]) : 1;
const genreSets = data.genres.map((one) => new Set(one.map((i) => data.genreNames[i])));
// A movie has the colour of the rarest of its genres that have one.
const rareFirst = [...data.coloured].reverse();
const genreOf = genreSets.map((own) => rareFirst.find((genre) => own.has(genre)));
const years = data.years.filter((year) => year > 0);
const lastDecade = years.length ? Math.floor(years.reduce((a, b) => Math.max(a, b)) / 10) * 10 : 0;
const firstDecade = lastDecade - 10 * (DECADES.length - 1);
const decadeOf = data.years.map((year) => (year > 0 ? Math.max(firstDecade, Math.floor(year / 10) * 10) : null));
const KINDS = {
  genre: {
    of: (i) => genreOf[i],
    has: (i, one) => genreSets[i].has(one),
    all: data.coloured.map((genre, i) => [genre, genre, data.colours[i]]),
    note: "A movie has the colour of the rarest of its genres in this list. Choose one to see all its movies.",
  },
  decade: {
    of: (i) => decadeOf[i],
    has: (i, one) => decadeOf[i] === one,
    get all() {
      return (dark.matches ? ON_DARK : DECADES).map((colour, i) => [firstDecade + 10 * i, (i ? "" : "to ") + (firstDecade + 10 * i) + "s", colour]);
    },
    note: "Choose a decade to see its movies only.",
  },
};
// Only what the data have is offered.
const kinds = [...(data.coloured.length ? ["genre"] : []), ...(years.length ? ["decade"] : [])];
document.querySelectorAll("input[name=by]").forEach((one) => {
  one.checked = one.value === kinds[0];
  one.parentElement.hidden = !kinds.includes(one.value);
});
$("by").hidden = !kinds.length;
let kind = KINDS[kinds[0] || "genre"], only = null, chosen = -1;
let scale = 1, left = 0, top_ = 0; // a place p is drawn at left + p.x * scale, top_ - p.y * scale
let width = 0, height = 0;

function showAll() {
  scale = Math.max(20, Math.min(width, height) / 2 - 24);
  left = width / 2;
  top_ = height / 2;
  draw();
}
function resize() {
  const box = canvas.getBoundingClientRect(), dense = window.devicePixelRatio || 1;
  const first = !width;
  left += (box.width - width) / 2;
  top_ += (box.height - height) / 2;
  width = box.width;
  height = box.height;
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  first ? showAll() : draw();
}
const x = (i) => left + places[2 * i] * scale;
const y = (i) => top_ - places[2 * i + 1] * scale;
const zoomed = () => scale / (Math.min(width, height) / 2);
const radius = (i) => (1 + 2.6 * Math.sqrt(likes[i] / mostLikes)) * Math.min(2.6, Math.max(0.75, Math.sqrt(zoomed())));

let waiting = false;
function draw() {
  if (!waiting) {
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  }
}
function paint() {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink"), page = style.getPropertyValue("--page"), mark = style.getPropertyValue("--mark");
  pen.clearRect(0, 0, width, height);
  for (const [colour, members] of colouredMovies()) {
    pen.globalAlpha = colour === "faint" ? 0.16 : colour === OTHER ? 0.55 : 0.85;
    pen.fillStyle = colour === "faint" ? OTHER : colour;
    for (const i of members) {
      const at = x(i), down = y(i);
      if (at < -9 || down < -9 || at > width + 9 || down > height + 9) continue;
      const r = radius(i);
      if (r < 1.8) pen.fillRect(at - r, down - r, 2 * r, 2 * r);
      else {
        pen.beginPath();
        pen.arc(at, down, r, 0, 6.2832);
        pen.fill();
      }
    }
  }
  pen.globalAlpha = 1;
  if (chosen >= 0) lines(ink, mark);
  names(ink, page);
}
// Colours with their movies, the faint ones first; made anew when what is shown changes.
let grouped = null, groupedFor = null;
function colouredMovies() {
  const asked = [kind, only, dark.matches];
  if (groupedFor && asked.every((one, i) => one === groupedFor[i])) return grouped;
  const colours = new Map(kind.all.map(([key, , colour]) => [key, colour]));
  const groups = new Map();
  for (const i of order) {
    const shown = only === null || kind.has(i, only);
    const colour = shown ? colours.get(only === null ? kind.of(i) : only) || OTHER : "faint";
    if (!groups.has(colour)) groups.set(colour, []);
    groups.get(colour).push(i);
  }
  groupedFor = asked;
  grouped = [...groups].sort((a, b) => rank(a[0]) - rank(b[0]));
  return grouped;
}
const rank = (colour) => (colour === "faint" ? 0 : colour === OTHER ? 1 : 2);
function lines(ink, mark) {
  pen.strokeStyle = mark;
  pen.lineWidth = 1.5;
  for (let k = 0; k < K; k++) {
    const j = neighbours[chosen * K + k];
    if (j < 0) break;
    pen.beginPath();
    pen.moveTo(x(chosen), y(chosen));
    pen.lineTo(x(j), y(j));
    pen.stroke();
  }
  pen.beginPath();
  pen.arc(x(chosen), y(chosen), radius(chosen) + 4, 0, 6.2832);
  pen.lineWidth = 3;
  pen.stroke();
}
// Names of regions from far away, titles from near by; none over another.
function names(ink, page) {
  const taken = [];
  const write = (text, at, down, font, weight) => {
    pen.font = font;
    const half = pen.measureText(text).width / 2 + 4, tall = 10;
    if (at + half < 0 || at - half > width || down < 0 || down > height) return;
    at = Math.min(Math.max(at, half), width - half);
    if (taken.some(([l, t, r, b]) => at - half < r && at + half > l && down - tall < b && down + tall > t)) return;
    taken.push([at - half, down - tall, at + half, down + tall]);
    pen.lineWidth = weight;
    pen.strokeStyle = page;
    pen.fillStyle = ink;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.strokeText(text, at, down);
    pen.fillText(text, at, down);
  };
  const cut = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
  const short = (i) => cut(data.titles[i], 40);
  if (chosen >= 0) {
    write(short(chosen), x(chosen), y(chosen) - 16, "700 13px system-ui, sans-serif", 4);
    for (let k = 0; k < K; k++) {
      const j = neighbours[chosen * K + k];
      if (j >= 0) write(short(j), x(j), y(j) - 12, "12px system-ui, sans-serif", 3);
    }
  }
  if (zoomed() < 3) for (const [name, at, down] of data.regions) write(cut(name, 34), left + at * scale, top_ - down * scale, "600 13px system-ui, sans-serif", 4);
  else {
    let written = 0;
    for (let k = N - 1; k >= 0 && written < 60; k--) {
      const i = order[k], before = taken.length;
      if (x(i) < 0 || y(i) < 0 || x(i) > width || y(i) > height) continue;
      if (only !== null && !kind.has(i, only)) continue;
      write(short(i), x(i), y(i) - 11, "12px system-ui, sans-serif", 3);
      written += taken.length - before;
    }
  }
}
function near(at, down) {
  let best = -1, least = 14 * 14;
  for (let i = 0; i < N; i++) {
    if (only !== null && !kind.has(i, only)) continue;
    const a = x(i) - at, b = y(i) - down, distance = a * a + b * b;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
function zoom(factor, at = width / 2, down = height / 2) {
  const most = 400 * Math.min(width, height), wanted = Math.min(most, Math.max(20, scale * factor));
  left = at - ((at - left) * wanted) / scale;
  top_ = down - ((down - top_) * wanted) / scale;
  scale = wanted;
  draw();
}
function item(i, more) {
  const line = document.createElement("li"), button = document.createElement("button"), small = document.createElement("small");
  button.type = "button";
  button.className = "movie";
  button.append(data.titles[i]);
  small.textContent = more;
  button.append(small);
  button.addEventListener("click", () => choose(i, true));
  line.append(button);
  return line;
}
function choose(i, move) {
  chosen = i;
  $("chosen").hidden = i < 0;
  if (i >= 0) {
    $("title").textContent = data.titles[i];
    $("about").textContent = [...genreSets[i]].join(", ") + (genreSets[i].size ? "; " : "") + people(likes[i]) + (likes[i] === 1 ? " likes it" : " like it");
    const lines_ = [];
    for (let k = 0; k < K; k++) {
      const j = neighbours[i * K + k];
      if (j >= 0) lines_.push(item(j, people(counts[i * K + k])));
    }
    $("near").replaceChildren(...lines_);
    $("said").textContent = data.titles[i] + (lines_.length ? ": its neighbours with how many people like both." : ": nothing is linked with it.");
    if (move) {
      scale = Math.max(scale, 5 * (Math.min(width, height) / 2));
      left = width / 2 - places[2 * i] * scale;
      top_ = height / 2 + places[2 * i + 1] * scale;
    }
    location.hash = "movie=" + encodeURIComponent(data.ids[i]);
  }
  draw();
}
function find() {
  const words = plain($("find").value).split(/\s+/).filter(Boolean);
  if (!words.length) {
    $("found").replaceChildren();
    $("said").textContent = "";
    return;
  }
  const hits = [];
  for (let k = N - 1; k >= 0 && hits.length < 8; k--) {
    if (words.every((word) => titles[order[k]].includes(word))) hits.push(order[k]);
  }
  $("found").replaceChildren(...hits.map((i) => item(i, "")));
  $("said").textContent = hits.length ? hits.length + (hits.length === 8 ? " or more" : "") + " found" : "No title has all these words.";
}
const titles = data.titles.map(plain);
function legend() {
  const shown = kind.all.map(([key, name, colour]) => {
    let n = 0;
    for (let i = 0; i < N; i++) n += kind.has(i, key);
    return [key, name, colour, n];
  });
  $("legend").replaceChildren(
    ...shown.filter((one) => one[3]).map(([key, name, colour, n]) => {
      const line = document.createElement("li"), button = document.createElement("button"), dot = document.createElement("i"), small = document.createElement("small");
      button.type = "button";
      button.setAttribute("aria-pressed", String(only === key));
      dot.style.background = colour;
      small.textContent = n.toLocaleString("en");
      button.append(dot, name, small);
      button.addEventListener("click", () => {
        only = only === key ? null : key;
        legend();
        draw();
      });
      line.append(button);
      return line;
    })
  );
  $("note").textContent = kinds.length ? kind.note : "The movies have no genres and no years to colour them by.";
}
document.querySelectorAll("input[name=by]").forEach((one) =>
  one.addEventListener("change", () => {
    kind = KINDS[one.value];
    only = null;
    legend();
    draw();
  })
);
const held = new Map();
let moved = 0;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  held.set(event.pointerId, [event.offsetX, event.offsetY]);
  moved = 0;
  canvas.classList.add("held");
});
canvas.addEventListener("pointermove", (event) => {
  const before = held.get(event.pointerId);
  if (!before) {
    hover(near(event.offsetX, event.offsetY), event);
    return;
  }
  const [a, b] = [event.offsetX - before[0], event.offsetY - before[1]];
  moved += Math.abs(a) + Math.abs(b);
  if (held.size === 1) {
    left += a;
    top_ += b;
    draw();
  } else {
    const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const length = (p, q) => Math.hypot(p - other[0], q - other[1]) || 1;
    zoom(length(event.offsetX, event.offsetY) / length(...before), other[0], other[1]);
  }
  held.set(event.pointerId, [event.offsetX, event.offsetY]);
});
const release = (event) => {
  if (held.delete(event.pointerId) && event.type === "pointerup" && moved < 6) choose(near(event.offsetX, event.offsetY), false);
  if (!held.size) canvas.classList.remove("held");
};
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => hover(-1));
function hover(i, event) {
  const tip = $("tip");
  tip.hidden = i < 0;
  canvas.style.cursor = i < 0 ? "" : "pointer";
  if (i < 0) return;
  tip.textContent = data.titles[i] + ", liked by " + people(likes[i]);
  tip.style.left = Math.min(event.offsetX + 14, width - tip.offsetWidth - 4) + "px";
  tip.style.top = Math.min(event.offsetY + 14, height - tip.offsetHeight - 4) + "px";
}
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (step) {
    left += step[0];
    top_ += step[1];
    draw();
  } else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") showAll();
  else if (event.key === "Escape") choose(-1);
  else return;
  event.preventDefault();
});
$("in").addEventListener("click", () => zoom(1.6));
$("out").addEventListener("click", () => zoom(1 / 1.6));
$("all").addEventListener("click", showAll);
$("find").addEventListener("input", find);
$("find").addEventListener("keydown", (event) => {
  const first = $("found").querySelector("button");
  if (event.key === "Enter" && first) first.click();
});
dark.addEventListener("change", () => {
  legend();
  draw();
});
new ResizeObserver(resize).observe(canvas);
legend();
resize();
const asked = decodeURIComponent((location.hash.match(/movie=(.*)/) || [])[1] || "");
if (asked) {
  const i = data.ids.findIndex((one) => String(one) === asked);
  if (i >= 0) choose(i, true);
}
