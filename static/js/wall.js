// The wall fetches itself anew and puts what changed in place at once, so that nothing flickers. What could not be
// fetched stays, and says of which moment it is.
(() => {
  "use strict";
  const state = document.querySelector("#wall-state");
  const seconds = Number(document.querySelector("#wall").dataset.seconds) || 60;

  const stale = (why) => {
    const shown = document.querySelector("#wall time");
    state.textContent = `${why}，所示为 ${shown ? shown.textContent : ""} 的数据`;
  };

  const refresh = async () => {
    try {
      const answer = await fetch(location.href, {
        headers: { "X-Portal-Poll": "1" },
        credentials: "same-origin",
        cache: "no-store",
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("#wall");
      if (!answer.ok || !fresh) {
        stale(answer.redirected || answer.ok ? "登录已失效，请重新登录" : "暂时取不到数据");
        return;
      }
      state.textContent = "";
      const now = document.querySelector("#wall");
      // The place of the keyboard stays: only what differs is put in.
      for (const [index, part] of Array.from(fresh.children).entries()) {
        const old = now.children[index];
        if (!old) now.append(document.adoptNode(part));
        else if (!old.isEqualNode(part)) old.replaceWith(document.adoptNode(part.cloneNode(true)));
      }
    } catch {
      stale("连接中断");
    }
  };
  setInterval(refresh, seconds * 1000);
})();
