// What is typed into a form[data-draft] is kept in this browser until it has been saved, one draft per person and address,
// and offered back after a lost session or line. Passwords, files and hidden fields are never kept.
(() => {
  "use strict";
  const PREFIX = "draft:";
  const PENDING = "draft-pending";
  const KEEP_DAYS = 7;
  const user = document.documentElement.dataset.user;

  const guarded = (action, otherwise = null) => {
    try {
      return action();
    } catch {
      return otherwise; // storage full or forbidden: the form still works, only without the safety net
    }
  };
  const keys = () => guarded(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), []);
  const read = (key) => guarded(() => JSON.parse(localStorage.getItem(key)));
  const drop = (key) => guarded(() => localStorage.removeItem(key));

  keys().forEach((key) => {
    const draft = read(key);
    if (!draft || Date.now() - draft.at > KEEP_DAYS * 86400000) drop(key);
  });

  const form = document.querySelector("form[data-draft]");
  const key = user && form ? `${PREFIX}${user}:${location.pathname}${location.search}` : "";

  // The last submit succeeded when it led a signed-in person to a page that is neither an error nor the same form, or to
  // the same form with a word of success. (The same form alone may be a retry after a dropped line: keep the draft.)
  const pending = guarded(() => sessionStorage.getItem(PENDING));
  if (pending) {
    const failed = !user || document.body.hasAttribute("data-error-page") || document.body.hasAttribute("data-signed-out");
    if (!failed && (pending !== key || document.querySelector(".notes .note-success"))) drop(pending);
    guarded(() => sessionStorage.removeItem(PENDING));
  }

  document.querySelectorAll("form[data-sign-out]").forEach((leaving) =>
    leaving.addEventListener("submit", () => keys().filter((kept) => kept.startsWith(`${PREFIX}${user}:`)).forEach(drop)),
  );
  if (!key) return;

  const kept = () =>
    Array.from(form.elements).filter(
      (field) => field.name && field.name !== "action" && !["hidden", "password", "file", "submit", "button"].includes(field.type),
    );
  const ticked = (field) => field.type === "checkbox" || field.type === "radio";
  const snapshot = () =>
    kept().map((field) => {
      if (ticked(field)) return [field.name, field.value, field.checked];
      if (field.type === "select-multiple") return [field.name, Array.from(field.selectedOptions, (option) => option.value), null];
      return [field.name, field.value, null];
    });
  const restore = (values) => {
    const used = new Map();
    kept().forEach((field) => {
      const like = values.filter(([name, value]) => name === field.name && (!ticked(field) || value === field.value));
      const turn = used.get(field.name) || 0;
      const found = ticked(field) ? like[0] : like[turn];
      used.set(field.name, turn + 1);
      if (!found) return;
      if (ticked(field)) field.checked = found[2];
      else if (field.type === "select-multiple") Array.from(field.options).forEach((option) => (option.selected = found[1].includes(option.value)));
      else field.value = found[1];
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  };

  const fresh = JSON.stringify(snapshot());
  let touched = false;
  const save = () => {
    if (!touched) return; // an older draft, offered and not yet decided on, stays
    const values = snapshot();
    if (JSON.stringify(values) === fresh && !form.hasAttribute("data-bound")) drop(key);
    else guarded(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), values })));
  };
  let timer = 0;
  const later = () => {
    touched = true;
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  window.addEventListener("pagehide", () => timer && save());
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    timer = 0;
    save();
    guarded(() => sessionStorage.setItem(PENDING, key));
  });

  const draft = read(key);
  if (!draft || form.hasAttribute("data-bound") || JSON.stringify(draft.values) === fresh) return;
  const bar = document.createElement("div");
  bar.className = "note note-warning";
  bar.setAttribute("role", "status");
  const text = document.createElement("span");
  text.className = "grow";
  text.textContent = `本机存有您 ${new Date(draft.at).toLocaleString("zh-CN", { dateStyle: "medium", timeStyle: "short" })} 填写但未保存的内容。`;
  const button = (label, style, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `btn btn-small ${style}`;
    made.textContent = label;
    made.addEventListener("click", () => {
      action();
      bar.remove();
    });
    return made;
  };
  bar.append(text, button("恢复", "btn-primary", () => restore(draft.values)), button("丢弃", "", () => drop(key)));
  form.before(bar);
})();
