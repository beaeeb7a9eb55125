// Proof of work for forms without an account: finds a number whose SHA-256 with the form's challenge begins with
// enough zero bits (see supervision/people/visitors/proof.py). Works in small slices so that the page stays usable; own SHA-256, because
// crypto.subtle is only there on https and is slow for many short texts.
(() => {
  "use strict";
  const K = new Uint32Array(64);
  const H0 = new Uint32Array(8);
  (() => {
    const root = (x, power) => Math.floor((Math.pow(x, power) % 1) * 4294967296);
    let found = 0;
    for (let n = 2; found < 64; n += 1) {
      let prime = true;
      for (let d = 2; d * d <= n; d += 1) if (n % d === 0) { prime = false; break; }
      if (!prime) continue;
      if (found < 8) H0[found] = root(n, 1 / 2);
      K[found] = root(n, 1 / 3);
      found += 1;
    }
  })();
  const W = new Uint32Array(64);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  // The first 32 bits of the SHA-256 of ASCII text.
  const start = (text) => {
    const length = text.length;
    const blocks = ((length + 8) >> 6) + 1;
    const words = new Uint32Array(blocks * 16);
    for (let i = 0; i < length; i += 1) words[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
    words[length >> 2] |= 0x80 << (24 - 8 * (length & 3));
    words[words.length - 1] = length * 8;
    const h = Uint32Array.from(H0);
    for (let block = 0; block < words.length; block += 16) {
      let [a, b, c, d, e, f, g, z] = h;
      for (let i = 0; i < 64; i += 1) {
        if (i < 16) W[i] = words[block + i];
        else {
          const s0 = turn(W[i - 15], 7) ^ turn(W[i - 15], 18) ^ (W[i - 15] >>> 3);
          const s1 = turn(W[i - 2], 17) ^ turn(W[i - 2], 19) ^ (W[i - 2] >>> 10);
          W[i] = W[i - 16] + s0 + W[i - 7] + s1;
        }
        const t1 = (z + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        z = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += z;
    }
    return h[0];
  };

  document.querySelectorAll("form[data-proof-bits]").forEach((form) => {
    const bits = Number(form.dataset.proofBits);
    const state = form.querySelector("[data-proof-state]");
    const field = form.elements.proof;
    const text = form.elements.challenge.value;
    let number = 0;
    let wanted = false;
    const slice = () => {
      const until = performance.now() + 25;
      while (performance.now() < until) {
        if (start(`${text}:${number}`) >>> (32 - bits) === 0) {
          field.value = String(number);
          state.textContent = "";
          if (wanted) form.requestSubmit();
          return;
        }
        number += 1;
      }
      setTimeout(slice, 0);
    };
    form.addEventListener("submit", (event) => {
      if (field.value) return;
      event.preventDefault();
      wanted = true;
      state.textContent = "正在校验，马上提交……";
    });
    slice();
  });
})();
