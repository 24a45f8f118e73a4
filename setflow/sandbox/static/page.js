"use strict";

const $ = (id) => document.getElementById(id);
const QUICK = [["+1", "👍"], ["white_check_mark", "✅"], ["eyes", "👀"]];
const NARROW = matchMedia("(max-width: 760px)");

const at = { ...read() };
let have = { clock: "", version: "", room: null, state: null };
let waiting = new AbortController();
let shownDialog = "";

function read() {
  const hash = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(["you", "channel", "thread"].map((k) => [k, hash.get(k) || ""]));
}

function el(tag, attrs = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attrs)) {
    if (key === "on") for (const [name, f] of Object.entries(value)) node.addEventListener(name, f);
    else if (key === "html") node.innerHTML = value; // made safe by the server
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...inside.filter((part) => part != null && part !== ""));
  return node;
}

// asking the server

function go(changes) {
  if ("you" in changes) Object.assign(at, { channel: "", thread: "" });
  if ("channel" in changes || "post" in changes) at.thread = "";
  Object.assign(at, changes);
  have.version = "";
  waiting.abort();
}

async function watch() {
  for (;;) {
    waiting = new AbortController();
    const query = new URLSearchParams({ ...at, clock: have.clock, room: have.version });
    try {
      const seen = await (await fetch(`view?${query}`, { signal: waiting.signal })).json();
      if (seen && !waiting.signal.aborted) show(seen);
      await pause(120);
    } catch (error) {
      if (error.name === "AbortError") continue;
      $("next").textContent = "The sandbox does not answer; trying again.";
      await pause(1500);
    }
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function act(deed) {
  $("trouble").textContent = "";
  const body = JSON.stringify({ you: have.room.you, channel: have.room.channel.handle, ...deed });
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await (await fetch("do", { method: "POST", headers, body })).json();
    if (answer.error) $("trouble").textContent = answer.error;
    return answer;
  } catch {
    $("trouble").textContent = "The sandbox did not take that; try again.";
    return { error: true };
  }
}

// showing

function show(seen) {
  have = { ...have, clock: seen.clock, version: seen.version, state: seen.state };
  showClock(seen.state);
  if (!seen.room) return;
  const moved = !have.room || have.room.you !== seen.room.you
    || have.room.channel.id !== seen.room.channel.id;
  have.room = seen.room;
  at.you = seen.room.you;
  at.channel = seen.room.channel.id;
  delete at.post;
  history.replaceState(null, "", `#${new URLSearchParams({ ...at })}`);
  showSide(seen.room);
  showHead(seen.room.channel);
  showThread(seen.room);
  showPosts($("posts"), seen.room.posts, { moved, empty: emptyText(seen.room) });
  showDialog(seen.room.dialog);
}

function showClock(state) {
  const zone = { timeZone: state.zone };
  const now = new Date(state.now);
  const say = (options) => new Intl.DateTimeFormat("en-GB", { ...zone, ...options });
  text($("time"), say({ hour: "2-digit", minute: "2-digit" }).format(now));
  text($("date"), say({ weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(now));
  text($("zone"), state.zone.replace("_", " "));
  text($("play"), state.paused ? "Play" : "Pause");
  $("play").disabled = $("step").disabled = state.ended;
  if (document.activeElement !== $("speed")) $("speed").value = String(state.speed);
  text($("next"), nextText(state, say, now));
  const last = state.story.at(-1) || "The story has not begun: press Play, or Next event.";
  const list = $("story").querySelector("ol");
  text($("story").querySelector("summary"), last);
  while (list.children.length > state.story.length) list.lastChild.remove();
  for (const line of state.story.slice(list.children.length)) list.append(el("li", {}, line));
  document.documentElement.style.setProperty("--top", `${$("clock").offsetHeight}px`);
}

function nextText(state, say, now) {
  if (state.ended) return "The story is over. You can still look around and answer.";
  if (!state.next_at) return state.next_what || "Nothing is due.";
  const due = new Date(state.next_at);
  const today = say({ dateStyle: "short" });
  const day = today.format(due) === today.format(now) ? {} : { weekday: "short" };
  const when = say({ ...day, hour: "2-digit", minute: "2-digit" }).format(due);
  return `Next ${when}: ${state.next_what}`;
}

function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

function showSide(room) {
  const you = $("you");
  const names = JSON.stringify(room.people.map((p) => [p.username, p.name]));
  if (you.dataset.names !== names) {
    you.dataset.names = names;
    you.replaceChildren(...room.people.map((p) => el("option", { value: p.username }, p.name)));
  }
  you.value = room.you;
  const others = room.people.filter((p) => p.news && p.username !== room.you);
  keyed($("news"), others, (p) => `${p.username}${p.news}`, (p) => el(
    "button", { title: `Be ${p.name}`, on: { click: () => go({ you: p.username }) } },
    `${p.name.split(" ")[0]} `, el("span", { class: "count" }, String(p.news)),
  ));
  const rows = [];
  for (const channel of room.channels) {
    const group = channel.kind === "D" ? "Direct messages" : "Channels";
    if (rows.at(-1)?.group !== group) rows.push({ group, title: group });
    rows.push({ ...channel, group });
  }
  keyed($("channels"), rows, (row) => JSON.stringify([row, row.id === room.channel.id]), sideRow);
}

function sideRow(row) {
  if (row.title) return el("li", { class: "group" }, row.title);
  const here = row.id === have.room.channel.id;
  const sign = row.kind === "D" ? (row.bot ? "⚙" : "•") : row.kind === "P" ? "◆" : "#";
  const choose = () => { closeMenu(); go({ channel: row.id }); };
  return el("li", {}, el(
    "button",
    { class: row.unread ? "unread" : "", "aria-current": here ? "page" : null, on: { click: choose } },
    el("span", { class: "sign", "aria-hidden": "true" }, sign),
    el("span", { class: "name" }, row.name),
    row.mentions ? el("span", { class: "count" }, String(row.mentions)) : null,
    row.unread ? el("span", { class: "off" }, `${row.unread} unread`) : null,
  ));
}

// Nodes whose key did not change stay as they are, and keep the focus.
function keyed(parent, items, keyOf, make) {
  const old = new Map([...parent.children].map((node) => [node.key, node]));
  const focus = focusIn(parent);
  const nodes = items.map((item) => {
    const key = keyOf(item);
    const node = old.get(key) || make(item);
    node.key = key;
    return node;
  });
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] || null);
  });
  while (parent.children.length > nodes.length) parent.lastChild.remove();
  if (focus && !parent.contains(document.activeElement)) refocus(parent, focus);
}

function focusIn(parent) {
  const node = document.activeElement;
  if (!parent.contains(node) || node === parent) return null;
  const holder = [...parent.children].find((child) => child.contains(node));
  return { index: [...parent.children].indexOf(holder), label: node.textContent };
}

function refocus(parent, focus) {
  const holder = parent.children[Math.min(focus.index, parent.children.length - 1)];
  const all = [...(holder || parent).querySelectorAll("button")];
  (all.find((node) => node.textContent === focus.label) || all[0] || parent).focus();
}

function showHead(channel) {
  text($("name"), (channel.kind === "D" ? "@ " : "") + channel.name);
  if ($("header").dataset.html !== channel.header) {
    $("header").dataset.html = channel.header;
    $("header").innerHTML = channel.header;
  }
  $("text").placeholder = `Write to ${channel.name}, or /set`;
}

function emptyText(room) {
  const name = room.channel.name;
  if (room.channel.kind === "D") {
    return `Nothing between you and ${name} yet. Pages, reminders and answers for you appear here`
      + " as the clock runs: press Play, or Next event.";
  }
  return `Nothing in ${name} yet. Posts appear here as the clock runs: press Play, or Next event.`;
}

function showPosts(box, posts, { moved, empty, inThread = false }) {
  const low = moved || box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const known = new Set([...box.children].map((node) => node.dataset.id));
  const rows = [];
  let day = "";
  for (const post of posts) {
    if (post.day !== day) rows.push({ day: post.day });
    day = post.day;
    rows.push(post);
  }
  if (!posts.length) rows.push({ empty });
  keyed(box, rows, rowKey, (row) => {
    if (row.empty) return el("p", { class: "empty" }, row.empty);
    if (!row.id) return el("div", { class: "day" }, row.day);
    const node = postNode(row, inThread);
    if (!moved && known.size && !known.has(row.id)) node.classList.add("fresh");
    return node;
  });
  if (low) box.scrollTop = box.scrollHeight;
}

const rowKey = (row) => (row.id ? JSON.stringify(row) : `${row.day}${row.empty}`);

function postNode(post, inThread) {
  const initials = post.who.split(" ").map((part) => part[0]).join("").slice(0, 2).toUpperCase();
  return el(
    "article", { class: `post ${post.kind}`, "data-id": post.id },
    el("div", { class: post.bot ? "face bot" : "face", "aria-hidden": "true" }, initials),
    el("div", { class: "body" }, byLine(post), el("div", { class: "text", html: post.html }),
      ...post.attachments.map((part) => card(post, part)), ...post.files.map(picture),
      foot(post, inThread)),
    post.kind === "ephemeral" ? null : tools(post, inThread),
  );
}

function byLine(post) {
  return el(
    "div", { class: "by" }, el("b", {}, post.who),
    post.bot ? el("span", { class: "tag" }, "BOT") : null,
    post.kind === "update" ? el("span", { class: "tag" }, "STATUS UPDATE") : null,
    el("time", {}, post.time),
    post.urgent ? el("span", { class: "tag urgent" }, post.urgent.toUpperCase()) : null,
    post.edited ? el("span", { class: "note" }, "edited") : null,
    post.kind === "ephemeral" ? el("span", { class: "note" }, "only visible to you") : null,
  );
}

function picture(file) {
  const address = `file/${file.id}`;
  return el("a", { class: "picture", href: address, target: "_blank", rel: "noopener" },
    el("img", { src: address, alt: file.name, width: file.width, height: file.height }));
}

function card(post, part) {
  const node = el(
    "div", { class: "card" },
    ...part.parts.map((html) => el("div", { class: "text", html })),
    part.fields.length ? el("div", { class: "fields" }, ...part.fields.map(field)) : null,
    part.actions.length ? el("div", { class: "acts" }, ...part.actions.map((a) => action(post, a))) : null,
  );
  if (/^#[0-9a-f]{3,8}$/i.test(part.color)) node.style.borderLeftColor = part.color;
  return node;
}

function field(each) {
  return el("div", { class: each.short ? "short" : "" },
    el("b", {}, each.title), el("div", { class: "text", html: each.html }));
}

function action(post, each) {
  const send = (more) => act({ do: "click", post: post.id, action: each.id, ...more });
  if (each.type === "select") {
    const choose = (event) => event.target.value && send({ selected: event.target.value });
    return el("select", { "aria-label": each.name, on: { change: choose } },
      el("option", { value: "" }, each.name),
      ...each.options.map((o) => el("option", { value: o.value }, o.text)));
  }
  const press = async (event) => {
    event.target.disabled = true;
    await send({});
    event.target.disabled = false;
  };
  return el("button", { class: each.style || "", on: { click: press } }, each.name);
}

function foot(post, inThread) {
  const replies = !inThread && post.replies
    ? el("button", { class: "more", on: { click: () => go({ thread: post.id }) } },
      post.replies === 1 ? "1 reply" : `${post.replies} replies`) : null;
  return el(
    "div", { class: "foot" },
    ...post.reactions.map((r) => el(
      "button",
      { class: r.mine ? "mine" : "", title: r.who, "aria-pressed": String(r.mine),
        on: { click: () => act({ do: "react", post: post.id, emoji: r.emoji }) } },
      `${r.glyph} ${r.count}`,
    )),
    replies,
  );
}

function tools(post, inThread) {
  return el(
    "div", { class: "tools" },
    ...QUICK.map(([emoji, glyph]) => el(
      "button",
      { "aria-label": `React with ${emoji.replaceAll("_", " ")}`,
        on: { click: () => act({ do: "react", post: post.id, emoji }) } }, glyph,
    )),
    inThread || post.kind === "system" ? null
      : el("button", { on: { click: () => openThread(post.id) } }, "Reply"),
  );
}

function openThread(id) {
  go({ thread: id });
  $("reply").dataset.focus = "1";
}

function showThread(room) {
  const open = Boolean(room.thread && room.thread.length);
  $("thread").hidden = !open;
  $("house").classList.toggle("threaded", open);
  if (!open) return;
  const root = room.thread[0].id;
  showPosts($("replies"), room.thread, {
    moved: $("replies").dataset.root !== root, empty: "", inThread: true,
  });
  $("replies").dataset.root = root;
  if ($("reply").dataset.focus) {
    delete $("reply").dataset.focus;
    $("reply").focus();
  }
}

// forms that an integration opens

function showDialog(dialog) {
  const box = $("form");
  if (!dialog) { shownDialog = ""; if (box.open) box.close(); return; }
  if (dialog.id === shownDialog) return;
  shownDialog = dialog.id;
  const form = dialog.form;
  const cancel = () => act({ do: "submit", dialog: dialog.id, submission: {}, cancelled: true });
  const inner = el(
    "form", { on: { submit: (event) => sendForm(event, dialog) } },
    el("h2", {}, form.title || ""),
    el("div", { class: "text" }, form.introduction_text || ""),
    ...(form.elements || []).map(element),
    el("p", { class: "bad", role: "alert" }),
    el("div", { class: "acts" },
      el("button", { type: "button", on: { click: cancel } }, "Cancel"),
      el("button", { class: "primary" }, form.submit_label || "Submit")),
  );
  box.replaceChildren(inner);
  box.oncancel = (event) => { event.preventDefault(); cancel(); };
  if (!box.open) box.showModal();
}

function element(part) {
  const attrs = { name: part.name, required: !part.optional, placeholder: part.placeholder || null };
  const options = () => (part.options || []).map((o) => el(
    "option", { value: o.value, selected: o.value === part.default }, o.text));
  const inputs = {
    textarea: () => el("textarea", { ...attrs, rows: 4, maxlength: part.max_length }, part.default || ""),
    select: () => el("select", { name: part.name }, ...options()),
    radio: () => el("select", { name: part.name }, ...options()),
    bool: () => el("input", { type: "checkbox", name: part.name, checked: part.default === "true" }),
  };
  const plain = () => el("input", { ...attrs, type: part.subtype || "text", value: part.default || "" });
  return el("label", {}, `${part.display_name} `, (inputs[part.type] || plain)(),
    el("small", {}, part.help_text || ""), el("small", { class: "bad", "data-for": part.name }));
}

async function sendForm(event, dialog) {
  event.preventDefault();
  const form = event.target;
  const submission = {};
  for (const part of dialog.form.elements || []) {
    const input = form.elements[part.name];
    submission[part.name] = input.type === "checkbox" ? input.checked : input.value;
  }
  const answer = await act({ do: "submit", dialog: dialog.id, submission });
  const wrong = answer.result || {};
  form.querySelector("p.bad").textContent = wrong.error || answer.error || "";
  for (const node of form.querySelectorAll("[data-for]")) {
    node.textContent = (wrong.errors || {})[node.dataset.for] || "";
  }
}

// what the visitor does

function writer(form, box, more) {
  const send = async (event) => {
    event?.preventDefault();
    const words = box.value.trim();
    if (!words) return;
    const answer = await act({ do: "say", text: words, ...more() });
    if (!answer.error) { box.value = ""; grow(box); }
    if (form.id === "write") $("posts").scrollTop = $("posts").scrollHeight;
  };
  form.addEventListener("submit", send);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  box.addEventListener("input", () => grow(box));
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

function closeMenu() {
  $("side").classList.remove("open");
  $("menu").setAttribute("aria-expanded", "false");
}

writer($("write"), $("text"), () => ({}));
writer($("answer"), $("reply"), () => ({ thread: have.room.thread[0].id }));
$("you").addEventListener("change", () => go({ you: $("you").value }));
$("close").addEventListener("click", () => { go({ thread: "" }); $("text").focus(); });
$("play").addEventListener("click", () => act({ do: have.state.paused ? "play" : "pause" }));
$("step").addEventListener("click", () => act({ do: "step" }));
$("speed").addEventListener("change", () => act({ do: "speed", speed: $("speed").value }));
$("menu").addEventListener("click", () => {
  const open = $("side").classList.toggle("open");
  $("menu").setAttribute("aria-expanded", String(open));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (NARROW.matches && $("side").classList.contains("open")) closeMenu();
  else if (!$("thread").hidden) go({ thread: "" });
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-post], a[data-channel]");
  if (!link) return;
  event.preventDefault();
  go(link.dataset.post ? { post: link.dataset.post } : { channel: `~${link.dataset.channel}` });
});
watch();
