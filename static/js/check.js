// The visit page has a photo field for every item, and a browser sends the empty ones too: the server takes a
// hundred files at most. Those without a photo stay at home.
(() => {
  "use strict";
  const form = document.querySelector(".check-form");
  if (!form) return;
  const files = () => Array.from(form.querySelectorAll('input[type="file"]'));
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    files().forEach((input) => (input.disabled = !input.files.length));
  });
  // Back from the next page, out of the browser's memory.
  window.addEventListener("pageshow", () => files().forEach((input) => (input.disabled = false)));
})();
