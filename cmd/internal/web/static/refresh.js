// Reloads the page every ten seconds, unless somebody has paused it, is filling
// in a form, has selected text or scrolled down. The page works without it.
(function () {
  "use strict";
  var button = document.getElementById("refresh");
  if (!button) return;
  var key = "burstwatch.paused";
  var paused = false;
  try { paused = sessionStorage.getItem(key) === "1"; } catch (e) { /* storage is off */ }
  var left = 10;
  function show() {
    button.textContent = paused ? "Paused · resume" : "Refresh " + left + " s · pause";
    button.setAttribute("aria-pressed", String(paused));
  }
  button.hidden = false;
  button.addEventListener("click", function () {
    paused = !paused;
    left = 10;
    try { sessionStorage.setItem(key, paused ? "1" : "0"); } catch (e) { /* storage is off */ }
    show();
  });
  function reading() {
    var at = document.activeElement;
    return document.hidden || window.scrollY > 200 || String(window.getSelection()) !== "" ||
      (at && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName));
  }
  setInterval(function () {
    if (paused || reading()) return;
    left -= 1;
    if (left <= 0) location.reload();
    else show();
  }, 1000);
  show();
})();
