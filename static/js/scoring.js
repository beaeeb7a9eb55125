// The scoring page: every item is saved by itself as soon as it is answered. What could not be sent (no line, an error)
// is kept in this browser and sent later; what somebody else changed meanwhile is shown, and one chooses. Without this
// script the page is a plain form per table.
(() => {
  "use strict";
  const form = document.querySelector("form[data-scoring]");
  if (!form) return;
  const one = (selector, inside) => inside.querySelector(selector);
  const all = (selector, inside) => Array.from(inside.querySelectorAll(selector));
  const rows = all(".mark", form);
  const token = one("[name=csrfmiddlewaretoken]", form).value;
  const state = document.querySelector("[data-state]");
  const store = `marks:${document.documentElement.dataset.user}:${form.dataset.sheet}`;
  const WAIT = 700;
  const RETRY = 8000;

  // What has not reached the server yet, by item; survives a closed tab.
  const guarded = (action, otherwise) => {
    try {
      return action();
    } catch {
      return otherwise;
    }
  };
  const kept = guarded(() => JSON.parse(localStorage.getItem(store)), null) || {};
  const keep = (item, mark) => {
    if (mark) kept[item] = mark;
    else delete kept[item];
    guarded(() => (Object.keys(kept).length ? localStorage.setItem(store, JSON.stringify(kept)) : localStorage.removeItem(store)));
  };

  const main = (row) => one("[data-deduction]", row) || one("[data-conforms]:checked", row) || one("[data-conforms]", row);
  const skipped = (row) => Boolean(one("[data-na]:checked", row));
  const read = (row) => {
    const points = one("[data-deduction]", row);
    const chosen = one("[data-conforms]:checked", row);
    const skip = skipped(row);
    return {
      item: row.dataset.item,
      deduction: points && !skip && points.value.trim() !== "" ? points.value.trim() : null,
      not_applicable: skip,
      conforms: chosen && !skip ? chosen.value === "1" : null,
      reason: one("[data-reason]", row).value.trim(),
      version: Number(one("[data-version]", row).value),
    };
  };
  const show = (row, mark) => {
    const points = one("[data-deduction]", row);
    if (points) points.value = mark.deduction === null ? "" : mark.deduction;
    all("[data-conforms]", row).forEach((choice) => (choice.checked = mark.conforms !== null && (choice.value === "1") === mark.conforms));
    const skip = one("[data-na]", row);
    if (skip) skip.checked = mark.not_applicable;
    one("[data-reason]", row).value = mark.reason || "";
    settle(row);
  };
  const settle = (row) => {
    const skip = skipped(row);
    row.classList.toggle("mark-na", skip);
    all("[data-deduction], [data-conforms]", row).forEach((field) => (field.disabled = skip));
  };

  const say = (row, text, wrong = false) => {
    const said = one("[data-said]", row);
    said.textContent = text;
    row.classList.toggle("mark-wrong", wrong);
    const field = one("[data-main]", row);
    if (wrong) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  };
  const tell = () => {
    const waiting = Object.keys(kept).length;
    state.textContent = waiting ? `${waiting} 条还没有送达，已暂存在本机，联网后自动补送` : "已全部保存";
    state.classList.toggle("danger-text", waiting > 0);
  };

  // Said before asking the server, so that nobody waits for what is plain.
  const objection = (row, mark) => {
    const full = row.dataset.full === "" ? null : Number(row.dataset.full);
    const points = mark.deduction === null ? null : Number(mark.deduction.replace(/[０-９．]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)));
    if (points !== null && !Number.isFinite(points)) return "扣分应为数字。";
    if (points !== null && points < 0) return "扣分不能是负数。";
    if (points !== null && full !== null && points > full) return `扣分不能超过该项满分 ${row.dataset.full}。`;
    if (mark.not_applicable && !mark.reason) return "请写不适用的理由。";
    if (points > 0 && !mark.reason) return "请写扣分理由。";
    if (mark.conforms === false && !mark.reason) return "请写不符合的理由。";
    return "";
  };

  const progress = (now) => {
    const bar = document.querySelector("[data-progress]");
    const here = now.tables.find((table) => table.code === form.dataset.code);
    if (here) one("[data-table-sum]", bar).textContent = here.due ? `${here.got} / ${here.due}` : "—";
    const open = here && here.left_items.length ? here : now.tables.find((table) => table.left_items.length);
    const onward = one("[data-next-open]", bar);
    onward.hidden = !open;
    if (open) onward.href = `?table=${encodeURIComponent(open.code)}#item-${open.left_items[0].dom}`;
    one("[data-done]", bar).textContent = now.done;
    one("[data-total]", bar).textContent = now.total;
    one("[data-bar]", bar).value = now.done;
    one("[data-score]", bar).textContent = now.score;
    one("[data-grade]", bar).textContent = now.complete ? `（${now.grade}）` : "（未评完）";
    const left = document.querySelector("[data-left]");
    all("[data-left-table]", left).forEach((line) => line.remove());
    now.tables.forEach((table) => {
      const tab = one(`[data-table="${CSS.escape(table.code)}"] [data-count]`, bar);
      if (tab) tab.textContent = `${table.done}/${table.total}`;
      if (!table.left_items.length) return;
      const line = document.createElement("p");
      line.dataset.leftTable = table.code;
      const name = document.createElement("strong");
      name.textContent = table.title;
      line.append(name, `（${table.left_items.length}）：`);
      table.left_items.forEach((item) => {
        const link = document.createElement("a");
        link.href = `?table=${encodeURIComponent(table.code)}#item-${item.dom}`;
        link.textContent = item.no;
        line.append(link, " ");
      });
      left.append(line);
    });
    one("[data-none]", left).hidden = !now.complete;
    document.querySelector("[data-to-record]").hidden = !now.complete;
    if (!now.complete) return;
    all("[data-acts] .muted", document).forEach((missing) => (missing.hidden = true));
  };

  // Two at one item: what the other gave stands beside what is typed here, and nothing is lost until one is chosen.
  const clash = (row, theirs) => {
    const box = one("[data-trouble]", row);
    const mine = read(row);
    const text = document.createElement("p");
    text.textContent = `${theirs.by || "他人"}已评为“${theirs.text || "未评"}”，与您填的不同。`;
    const button = (label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "btn btn-small";
      made.textContent = label;
      made.addEventListener("click", () => {
        one("[data-version]", row).value = theirs.version;
        box.hidden = true;
        box.replaceChildren();
        act();
      });
      return made;
    };
    box.replaceChildren(
      text,
      button("采用对方的", () => {
        keep(row.dataset.item, null);
        show(row, theirs);
        say(row, "已采用对方的评分");
        tell();
      }),
      button("以我的为准", () => {
        show(row, mine);
        send(row);
      }),
    );
    box.hidden = false;
    say(row, "与他人的评分冲突", true);
  };

  const sending = new Map(); // row → whether it changed again meanwhile
  const send = async (row) => {
    if (sending.has(row)) {
      sending.set(row, true);
      return;
    }
    const mark = read(row);
    keep(mark.item, mark);
    const trouble = objection(row, mark);
    if (trouble) {
      say(row, trouble, true);
      tell();
      return;
    }
    sending.set(row, false);
    say(row, "正在保存…");
    try {
      const answer = await fetch(form.dataset.scoring, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify(mark),
      });
      const body = await answer.json().catch(() => ({}));
      if (answer.ok) {
        const saved = body.marks[mark.item];
        one("[data-version]", row).value = saved.version;
        if (kept[mark.item] && JSON.stringify(read(row)) === JSON.stringify({ ...mark, version: saved.version })) keep(mark.item, null);
        say(row, saved.version ? `已保存 ${new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" })}` : "");
        progress(body.progress);
      } else if (answer.status === 409 && body.current) {
        clash(row, body.current[mark.item]);
      } else if (answer.status === 400) {
        const told = body.fields && body.fields[mark.item];
        say(row, told ? told.join("") : body.message || "没有保存。", true);
      } else if (answer.status === 401 || answer.status === 403) {
        say(row, answer.status === 401 ? "登录已过期，请在另一个窗口重新登录。" : body.message || "您现在不能评分。", true);
      } else {
        say(row, body.message || "服务器没有完成保存，稍后自动重试。", true);
      }
    } catch {
      say(row, "网络不通，已暂存在本机。", true);
    } finally {
      const again = sending.get(row);
      sending.delete(row);
      tell();
      if (again) send(row);
    }
  };

  const timers = new Map();
  const later = (row, wait) => {
    clearTimeout(timers.get(row));
    keep(row.dataset.item, read(row));
    timers.set(row, setTimeout(() => send(row), wait));
  };
  const now = (row) => {
    if (!timers.has(row) && !kept[row.dataset.item]) return;
    clearTimeout(timers.get(row));
    timers.delete(row);
    if (kept[row.dataset.item] && one("[data-trouble]", row).hidden) send(row);
  };

  const go = (row, by) => {
    const next = rows[rows.indexOf(row) + by];
    if (!next) {
      const onward = one("[name=next_table]", form) || one("[data-plain-save]", form);
      if (by > 0 && onward) onward.focus();
      return;
    }
    const field = skipped(next) ? one("[data-na]", next) : main(next);
    field.focus();
    if (field.select) field.select();
    next.scrollIntoView({ block: "nearest" });
  };

  form.addEventListener("input", (event) => {
    const row = event.target.closest(".mark");
    if (row && !event.target.matches("[data-file]")) later(row, event.target.matches("[data-na], [data-conforms]") ? 0 : WAIT);
    if (row && event.target.matches("[data-na]")) {
      settle(row);
      if (event.target.checked) one("[data-reason]", row).focus();
    }
  });
  form.addEventListener("focusout", (event) => {
    const row = event.target.closest(".mark");
    if (row && !(event.relatedTarget && row.contains(event.relatedTarget))) now(row);
  });
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest(".mark");
    if (!row || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const points = event.target.matches("[data-deduction]");
    const choice = event.target.matches("[data-conforms]");
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      const mark = read(row);
      const reason = one("[data-reason]", row);
      const asks = Number(mark.deduction) > 0 || mark.conforms === false || mark.not_applicable;
      if (asks && !mark.reason && event.target !== reason) reason.focus();
      else go(row, 1);
    } else if (event.key === "ArrowDown" && (points || choice || event.target.matches("[data-reason], [data-na]"))) {
      event.preventDefault();
      go(row, 1);
    } else if (event.key === "ArrowUp" && (points || choice || event.target.matches("[data-reason], [data-na]"))) {
      event.preventDefault();
      go(row, -1);
    } else if ((event.key === "/" || event.key === "／") && (points || choice || event.target.matches("[data-na]"))) {
      const skip = one("[data-na]", row);
      event.preventDefault();
      if (skip) {
        skip.checked = !skip.checked;
        skip.dispatchEvent(new Event("input", { bubbles: true }));
      } else {
        say(row, "必查项不能标为不适用。", true);
      }
    } else if (choice && (event.key === "1" || event.key === "0")) {
      event.preventDefault();
      const wanted = one(`[data-conforms][value="${event.key}"]`, row);
      wanted.checked = true;
      wanted.focus();
      wanted.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // A whole-table save sends what is on the page; what is kept for its items is then settled.
  form.addEventListener("submit", () => rows.forEach((row) => one("[data-trouble]", row).hidden && keep(row.dataset.item, null)));

  // Photos: made smaller before they travel, one at a time, shown as soon as they are kept.
  const smaller = async (file) => {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 600 * 1024) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const ratio = Math.min(1, 2048 / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * ratio);
    canvas.height = Math.round(picture.height * ratio);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" }) : file;
  };
  const shown = (file) => {
    if (!file.is_image) {
      const link = document.createElement("a");
      link.href = file.url;
      link.textContent = file.name;
      return link;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "mark-thumb";
    button.dataset.preview = file.preview;
    button.dataset.original = file.url;
    button.setAttribute("aria-label", `查看照片 ${file.name}`);
    const image = document.createElement("img");
    image.src = file.thumb;
    image.alt = "";
    button.append(image);
    return button;
  };
  all("[data-photo]", form).forEach((label) => (label.hidden = false));
  form.addEventListener(
    "change",
    async (event) => {
      if (!event.target.matches("[data-file]")) return;
      event.stopPropagation();
      const input = event.target;
      const row = input.closest(".mark");
      const chosen = input.files[0];
      if (!chosen) return;
      say(row, "正在上传…");
      const body = new FormData();
      body.append("csrfmiddlewaretoken", token);
      body.append("item", row.dataset.item);
      body.append("file", await smaller(chosen).catch(() => chosen));
      try {
        const answer = await fetch(form.dataset.evidence, { method: "POST", headers: { Accept: "application/json" }, body });
        const told = await answer.json();
        if (answer.ok) {
          one("[data-files]", row).append(shown(told));
          say(row, "证据已上传");
        } else {
          say(row, told.message || "没有上传。", true);
        }
      } catch {
        say(row, "网络不通，照片没有上传，请稍后再传。", true);
      }
      input.value = "";
    },
    true,
  );

  // What an earlier visit could not send: put back where it was typed, and sent.
  const again = () => rows.forEach((row) => kept[row.dataset.item] && !sending.has(row) && one("[data-trouble]", row).hidden && send(row));
  rows.forEach((row) => {
    const mark = kept[row.dataset.item];
    if (!mark || row.querySelector(".errorlist")) return;
    const seen = one("[data-version]", row);
    show(row, mark);
    seen.value = mark.version;
  });
  if (Object.keys(kept).length) again();
  setInterval(() => navigator.onLine && Object.keys(kept).length && rows.forEach((row) => kept[row.dataset.item] && !row.contains(document.activeElement) && !objection(row, read(row)) && !sending.has(row) && one("[data-trouble]", row).hidden && send(row)), RETRY);
  window.addEventListener("online", again);
  window.addEventListener("beforeunload", (event) => {
    if (Object.keys(kept).length && rows.some((row) => sending.has(row))) event.preventDefault();
  });
  if (Object.keys(kept).length) tell();

  // From the list of open items one lands in the field, ready to type.
  const land = () => {
    const row = location.hash.startsWith("#item-") && document.getElementById(location.hash.slice(1));
    if (row && rows.includes(row)) main(row).focus();
  };
  window.addEventListener("hashchange", land);
  land();
})();
