// Suggestions (ARIA combobox) and « ici ». Without this script, everything still works.
(() => {
  "use strict";
  const form = document.querySelector("[data-recherche]");
  if (!form) return;
  const state = form.querySelector("[data-recherche-etat]");
  const say = (text) => { if (state) state.textContent = text; };

  const here = form.querySelector("[data-ici]");
  const place = form.querySelector("#ou");
  if (here && place && "geolocation" in navigator) {
    here.hidden = false;
    here.addEventListener("click", () => {
      say("Recherche de votre position…");
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          // About a kilometre: enough to sort, too little to find a home.
          place.value = coords.latitude.toFixed(2) + "," + coords.longitude.toFixed(2);
          say("Position trouvée.");
          form.requestSubmit();
        },
        () => say("Position indisponible : tapez une commune."),
        { maximumAge: 600000, timeout: 8000 },
      );
    });
  }

  for (const input of form.querySelectorAll("[data-suggestions]")) combobox(input);

  function combobox(input) {
    const list = document.createElement("ul");
    list.className = "suggestions";
    list.id = input.id + "-suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.hidden = true;
    input.closest(".recherche__champ").append(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    let at = -1;
    let timer = 0;
    let asked = 0;

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const options = () => [...list.children];
    const mark = (next) => {
      const all = options();
      if (!all.length) return;
      at = (next + all.length) % all.length;
      all.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    };
    const take = (option) => {
      if (option.dataset.lien) { location.assign(option.dataset.lien); return; }
      input.value = option.dataset.texte;
      close();
      input.focus();
    };
    const show = (items) => {
      list.replaceChildren(...items.map((item, index) => {
        const option = document.createElement("li");
        option.id = list.id + "-" + index;
        option.className = "suggestions__option";
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.texte = item.texte;
        if (item.lien) option.dataset.lien = item.lien;
        const text = document.createElement("span");
        text.textContent = item.texte;
        const kind = document.createElement("span");
        kind.className = "suggestions__genre";
        kind.textContent = item.genre;
        option.append(text, kind);
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(option); });
        return option;
      }));
      at = -1;
      list.hidden = items.length === 0;
      input.setAttribute("aria-expanded", String(items.length > 0));
      say(items.length ? items.length + (items.length > 1 ? " suggestions" : " suggestion") : "");
    };
    const ask = async () => {
      const text = input.value.trim();
      const turn = ++asked;
      if (text.length < 2) { close(); return; }
      try {
        const query = new URLSearchParams({ q: text, champ: input.dataset.suggestions });
        const answer = await fetch("/api/suggestions?" + query);
        if (!answer.ok || turn !== asked) return;
        const { suggestions } = await answer.json();
        if (turn === asked && document.activeElement === input) show(suggestions);
      } catch { close(); }
    };

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { ask(); return; }
        event.preventDefault();
        mark(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
      } else if (event.key === "Enter" && !list.hidden && at >= 0) {
        event.preventDefault();
        take(options()[at]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
  }
})();
