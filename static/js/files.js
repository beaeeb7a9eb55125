// File inputs name what was chosen. With data-shrink, photos are made smaller before they travel; the time the file was
// taken and the hash of the untouched original go along as <name>_taken and <name>_sha256, one per file in order.
(() => {
  "use strict";
  const LONGEST = 2048;
  const QUALITY = 0.85;
  const WORTH_IT = 600 * 1024;

  const size = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`);

  const hash = async (file) => {
    if (!window.crypto || !crypto.subtle) return ""; // only there on https and localhost
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const shrink = async (file) => {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH_IT) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const ratio = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * ratio);
    canvas.height = Math.round(picture.height * ratio);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified });
  };

  const beside = (input) => {
    let list = input.nextElementSibling;
    if (!list || !list.classList.contains("picked")) {
      list = document.createElement("ul");
      list.className = "picked";
      list.setAttribute("aria-live", "polite");
      input.after(list);
    }
    return list;
  };

  const show = (input, originals) => {
    beside(input).replaceChildren(
      ...Array.from(input.files, (file, index) => {
        const line = document.createElement("li");
        const before = originals[index];
        line.textContent = `${file.name}（${size(file.size)}${before && before.size > file.size ? `，原 ${size(before.size)}` : ""}）`;
        return line;
      }),
    );
  };

  const note = (input, suffix, values) => {
    input.form.querySelectorAll(`input[type=hidden][name="${CSS.escape(input.name + suffix)}"]`).forEach((old) => old.remove());
    values.forEach((value) => {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = input.name + suffix;
      field.value = value;
      input.form.append(field);
    });
  };

  document.addEventListener("change", async (event) => {
    const input = event.target;
    if (!input.matches('input[type="file"]')) return;
    const originals = Array.from(input.files);
    show(input, originals);
    if (!input.hasAttribute("data-shrink") || !originals.length) return;
    const buttons = input.form.querySelectorAll("button:not([type=button])");
    buttons.forEach((button) => (button.disabled = true));
    try {
      note(input, "_taken", originals.map((file) => new Date(file.lastModified).toISOString()));
      note(input, "_sha256", await Promise.all(originals.map(hash)));
      const smaller = new DataTransfer();
      for (const file of originals) smaller.items.add(await shrink(file).catch(() => file));
      input.files = smaller.files;
      show(input, originals);
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  });
})();
