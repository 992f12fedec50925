// Links of the page that open the assistant with a question.
(function () {
  "use strict";
  function ask(text) {
    customElements.whenDefined("tthc-chat").then(function () {
      var chat = document.querySelector("tthc-chat");
      if (chat && text) chat.ask(text);
    });
  }
  document.querySelectorAll("[data-ask]").forEach(function (link) {
    link.addEventListener("click", function () { ask(link.dataset.ask); });
  });
  document.getElementById("ask").addEventListener("submit", function (event) {
    event.preventDefault();
    var field = document.getElementById("question");
    ask(field.value.trim());
    field.value = "";
  });
})();
