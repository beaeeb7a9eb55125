// The shell's behaviour: menu, large type, popovers, questions before acting, one submit at a time, lists that reload
// in place. Every page works without it; nothing here writes markup from data.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, inside = document) => inside.querySelector(selector);
  const all = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  };
  const announce = (text) => {
    one("#announce").textContent = text;
  };

  // Menu: a column on a desk, a drawer on a phone.
  const narrow = window.matchMedia("(max-width: 991.98px)");
  const menuButton = one("[data-menu]");
  const menuIsOpen = () => (narrow.matches ? root.classList.contains("drawer-open") : !root.classList.contains("menu-closed"));
  const tellMenu = () => menuButton && menuButton.setAttribute("aria-expanded", String(menuIsOpen()));
  const closeDrawer = () => {
    if (!root.classList.contains("drawer-open")) return;
    root.classList.remove("drawer-open");
    one("#content").inert = false;
    menuButton.focus();
    tellMenu();
  };
  if (menuButton) {
    tellMenu();
    narrow.addEventListener("change", () => {
      closeDrawer();
      tellMenu();
    });
    menuButton.addEventListener("click", () => {
      if (!narrow.matches) {
        remember("menu", root.classList.toggle("menu-closed") ? "closed" : "open");
      } else if (menuIsOpen()) {
        closeDrawer();
      } else {
        root.classList.add("drawer-open");
        one("#content").inert = true;
        const first = one("#menu a.active, #menu a, #menu summary");
        if (first) first.focus();
      }
      tellMenu();
    });
  }

  // A long menu stands where the current place is seen.
  const place = one("#menu a.active");
  if (place) {
    const box = one("#menu .inner");
    const below = place.getBoundingClientRect().bottom - box.getBoundingClientRect().bottom;
    if (below > 0) box.scrollTop = below + box.clientHeight / 3;
  }

  // 返回 on a record leads to where one came from, a list with its filters and page, not to the bare list. The way
  // there is kept for the tab; the record's own pages, forms of new records and signing in are no places to go back to.
  const back = one("[data-return]");
  if (back) {
    const PREFIX = "came-from:";
    const key = `${PREFIX}${root.dataset.user}:${location.pathname}`;
    try {
      const from = document.referrer ? new URL(document.referrer) : null;
      const returning = sessionStorage.getItem("returning");
      sessionStorage.removeItem("returning");
      const elsewhere =
        from && from.origin === location.origin && !from.pathname.startsWith(location.pathname) && !/\/(new|login|otp|password)\//.test(from.pathname);
      if (elsewhere && !returning) sessionStorage.setItem(key, from.pathname + from.search);
      const kept = sessionStorage.getItem(key);
      if (kept) back.href = kept;
      back.addEventListener("click", () => sessionStorage.setItem("returning", "1"));
    } catch {
      // No storage: 返回 stays the list.
    }
  }

  const setLargeType = (on) => {
    root.classList.toggle("large-type", on);
    remember("large_type", on ? "1" : "0");
    all("[data-large-type]").forEach((button) => button.setAttribute("aria-pressed", String(on)));
    announce(on ? "已切换为大字版" : "已恢复标准字号");
    window.dispatchEvent(new Event("resize"));
  };

  // Questions before acting: the click is held back, asked about, and made again.
  const confirmed = new WeakSet();
  const ask = (button) => {
    const dialog = one("#confirm");
    one("#confirm-text").textContent = button.dataset.confirm;
    dialog.returnValue = "no";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        confirmed.add(button);
        button.click();
      },
      { once: true },
    );
    dialog.showModal();
  };

  const applyChosen = () => {
    const bar = one("[data-batch]");
    if (!bar) return;
    const boxes = all("[data-check]");
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
    one("[data-chosen]", bar).textContent = chosen.length;
    bar.hidden = chosen.length === 0;
    const every = one("[data-check-all]");
    every.checked = chosen.length > 0 && chosen.length === boxes.length;
    every.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  };

  document.addEventListener(
    "click",
    (event) => {
      const asking = event.target.closest("[data-confirm]");
      if (asking && !confirmed.delete(asking)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        ask(asking);
      }
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    all("details[data-popover][open]").forEach((box) => {
      if (!box.contains(event.target)) box.open = false;
    });
    if (on("[data-close-drawer]")) closeDrawer();
    if (on("[data-large-type]")) setLargeType(!root.classList.contains("large-type"));
    if (on("[data-print]")) window.print();
    if (on("[data-back]")) history.back();
    if (on("[data-unfold]")) {
      const box = document.getElementById(on("[data-unfold]").dataset.unfold);
      box.checked = !box.checked;
    }
    if (on("[data-uncheck]")) {
      all("[data-check]").forEach((box) => (box.checked = false));
      applyChosen();
    }
    const picture = on("[data-preview]");
    if (picture) {
      const viewer = one("#viewer");
      one("img", viewer).src = picture.dataset.preview;
      one("[data-original]", viewer).href = picture.dataset.original;
      viewer.showModal();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeDrawer();
    all("details[data-popover][open]").forEach((box) => {
      box.open = false;
      one("summary", box).focus();
    });
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-at-once]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-check-all]")) all("[data-check]").forEach((box) => (box.checked = event.target.checked));
    if (event.target.matches("[data-check], [data-check-all]")) applyChosen();
  });

  // Many choices are narrowed by typing; Enter there looks for nothing else.
  const showNarrowing = () => all("[data-narrow]").forEach((box) => (box.hidden = false));
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    const wanted = event.target.value.trim().toLowerCase();
    all("label", event.target.parentElement).forEach((choice) => {
      choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-narrow]")) event.preventDefault();
  });

  // A second press on 提交 is the same press. Released again when the page is shown from the back-forward cache.
  const busy = new Set();
  const release = (form) => {
    busy.delete(form);
    all("[data-held]", form).forEach((button) => {
      button.disabled = false;
      button.removeAttribute("data-held");
    });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.hasAttribute("data-repeat")) return;
    if (form.method === "get") {
      if (!form.hasAttribute("hx-boost")) dropEmpty(form);
      return;
    }
    if (busy.has(form)) {
      event.preventDefault();
      return;
    }
    busy.add(form);
    // Only after the browser has read the pressed button's name and value.
    setTimeout(() => {
      if (event.defaultPrevented) return release(form);
      all("button:not([type=button]):not(:disabled)", form).forEach((button) => {
        button.disabled = true;
        button.setAttribute("data-held", "");
      });
      // A download leaves the page standing; a line that died gives no event.
      setTimeout(() => release(form), 20000);
    });
  });
  window.addEventListener("pageshow", () => Array.from(busy).forEach(release));

  // An address carries only the filters in use.
  const dropEmpty = (form) => {
    const empty = Array.from(form.elements).filter((field) => field.name && !field.disabled && field.value === "");
    empty.forEach((field) => (field.disabled = true));
    setTimeout(() => empty.forEach((field) => (field.disabled = false)));
  };

  // Several frozen columns stand side by side: each starts where the one before it ends.
  const cards = window.matchMedia("(max-width: 767.98px)");
  const placeFrozen = () => {
    all("table.ledger-table").forEach((table) => {
      all("tr", table).forEach((line) => {
        let left = 0;
        all(":scope > .frozen", line).forEach((cell) => {
          cell.style.left = cards.matches ? "" : `${left}px`;
          left += cell.offsetWidth;
        });
      });
      const second = one("thead tr.second", table);
      if (second) {
        const top = one("thead tr", table).offsetHeight;
        all("th", second).forEach((cell) => (cell.style.top = `${top}px`));
      }
    });
  };
  window.addEventListener("resize", placeFrozen);

  // htmx
  const lineState = one("#line-state");
  const say = (text) => {
    lineState.textContent = text;
    lineState.hidden = false;
  };
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    const given = event.detail.parameters;
    Object.keys(given).forEach((name) => {
      if (given[name] === "") delete given[name];
    });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, target } = event.detail;
    const landed = xhr.responseURL ? new URL(xhr.responseURL).pathname : "";
    const asked = new URL(requestConfig.path, location.href).pathname;
    lineState.hidden = true;
    // A redirect, mostly to the sign-in page. A list or a progress bar lets the browser go there; a form being filled in
    // stays, so that nothing typed is lost.
    if (landed && landed !== asked) {
      event.detail.shouldSwap = false;
      if (requestConfig.boosted) location.assign(requestConfig.path);
      else if (target.closest("form")) say("登录已过期，请在另一个窗口重新登录后继续填写。");
      else location.reload();
    }
    if (target) target.removeAttribute("aria-busy");
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const list = event.detail.target;
    if (list && list.id === "list") list.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const list = event.detail.target && event.detail.target.id === "list";
    if (list && (status === 403 || status === 404)) location.assign(event.detail.requestConfig.path);
    else say("服务器没有完成这次请求，页面内容未更新。请稍后重试。");
  });
  document.addEventListener("htmx:sendError", () => say("网络不通，页面内容未更新。恢复后请重试。"));
  document.addEventListener("htmx:afterSettle", () => {
    placeFrozen();
    showNarrowing();
    const list = one("#list[data-summary]");
    if (list) announce(list.dataset.summary);
    const job = one("[data-reload-when-finished] [data-job-finished]");
    if (job && !job.hasAttribute("data-first")) location.reload();
  });
  window.addEventListener("offline", () => say("网络已断开。填写中的内容已暂存在本机。"));
  window.addEventListener("online", () => (lineState.hidden = true));

  window.addEventListener("beforeprint", () => all("#content details").forEach((box) => (box.open = true)));

  const current = one(".steps .current");
  if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.clientWidth / 2;

  // A job that was already finished when the page came needs no reload.
  all("[data-job-finished]").forEach((job) => job.setAttribute("data-first", ""));
  showNarrowing();
  placeFrozen();
  if (document.fonts) document.fonts.ready.then(placeFrozen);
  const wrong = one("[data-focus]");
  if (wrong) wrong.focus();
})();
