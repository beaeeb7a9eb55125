// A signature written with finger, pen or mouse: the strokes stay on the canvas and go along as a PNG with the form.
(() => {
  "use strict";
  const form = document.querySelector("form[data-sign]");
  if (!form) return;
  const pad = form.querySelector("[data-sign-pad]");
  const canvas = form.querySelector("[data-canvas]");
  const error = form.querySelector("[data-sign-error]");
  const pen = canvas.getContext("2d");
  let drawing = null;
  let length = 0;

  const clear = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    length = 0;
  };
  clear();
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    const next = at(event);
    pen.strokeStyle = "#10223a";
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...drawing);
    pen.lineTo(...next);
    pen.stroke();
    length += Math.hypot(next[0] - drawing[0], next[1] - drawing[1]);
    drawing = next;
    error.hidden = true;
  });
  ["pointerup", "pointercancel"].forEach((name) => canvas.addEventListener(name, () => (drawing = null)));
  form.querySelector("[data-clear]").addEventListener("click", clear);

  const drawn = () => form.elements.how.value !== "refused";
  form.addEventListener("change", () => (pad.hidden = !drawn()));
  form.addEventListener("submit", (event) => {
    if (!drawn()) return;
    // A dot or a slip of the finger is no name.
    if (length < 60) {
      event.preventDefault();
      event.stopImmediatePropagation();
      error.hidden = false;
      return;
    }
    form.elements.image.value = canvas.toDataURL("image/png");
  }, true);
})();
