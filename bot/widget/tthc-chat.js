/* The one script tag: <script src="https://HOST/widget/tthc-chat.js" async></script>
   It finds its own origin, loads the component from there and adds <tthc-chat> when the page has
   none. data-open, data-title, data-position, data-lang, data-server and data-theme on the tag are
   handed on as the element's attributes. */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || !window.customElements || !window.ReadableStream) return;
  var OPTIONS = { open: "open", title: "title", position: "position", lang: "lang", server: "data-server", theme: "theme" };

  function place() {
    if (document.querySelector("tthc-chat")) return;
    var element = document.createElement("tthc-chat");
    Object.keys(OPTIONS).forEach(function (name) {
      var value = script.dataset[name];
      if (value !== undefined) element.setAttribute(OPTIONS[name], value);
    });
    document.body.appendChild(element);
  }

  import(new URL("chat.js", script.src).href).then(function () {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place);
    else place();
  }).catch(function (error) {
    console.error("tthc-chat", error);
  });
})();
