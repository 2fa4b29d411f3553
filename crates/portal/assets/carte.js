// A map that moves, in the place of the drawn one, once it comes into sight. Without this script the drawing stays.
(() => {
  "use strict";
  /** Most enlarged view: a street with tiles, a town without. */
  const ZOOM_MAX = 13, ZOOM_MAX_TILES = 18, ZOOM_MIN = 4;
  /** Results nearer than this on the screen, in pixels, share a mark. */
  const TOGETHER = 40;
  /** How far from the window a map begins to load, in pixels. */
  const AHEAD = "300px";

  for (const figure of document.querySelectorAll("[data-carte][data-bibliotheque]")) {
    const sight = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      sight.disconnect();
      // Who is in the drawing with the keyboard stays there.
      if (figure.contains(document.activeElement)) figure.addEventListener("focusout", () => start(figure), { once: true });
      else start(figure);
    }, { rootMargin: AHEAD });
    sight.observe(figure);
  }

  async function start(figure) {
    try {
      const [outlines] = await Promise.all([read(figure.dataset.contours), load("script", figure.dataset.bibliotheque), load("link", figure.dataset.feuille)]);
      show(figure, outlines);
    } catch {
      // The drawing says as much.
    }
  }

  async function read(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(address);
    return (await answer.text()).trim().split("\n").map((line) => line.slice(line.indexOf(";") + 1).split("|").map(ring));
  }

  /** Longitudes and latitudes in thousandths of a degree, each after the first as a difference. */
  function ring(text) {
    const numbers = text.split(" ").map(Number);
    const points = [];
    for (let at = 0, x = 0, y = 0; at + 1 < numbers.length; at += 2) points.push([(y += numbers[at + 1]) / 1000, (x += numbers[at]) / 1000]);
    return points;
  }

  function load(kind, address) {
    return new Promise((done, failed) => {
      const node = document.createElement(kind);
      if (kind === "link") node.rel = "stylesheet";
      node[kind === "link" ? "href" : "src"] = address;
      node.onload = done;
      node.onerror = failed;
      document.head.append(node);
    });
  }

  function show(figure, outlines) {
    const drawing = figure.querySelector("svg");
    const members = [...drawing.querySelectorAll("[data-resultats]")].flatMap((link) => JSON.parse(link.dataset.resultats));
    members.sort((one, other) => one[0] - other[0]);
    const plan = document.createElement("div");
    plan.className = "carte__plan";
    plan.style.height = Math.max(drawing.getBoundingClientRect().height, 240) + "px";
    plan.setAttribute("role", "group");
    plan.setAttribute("aria-label", drawing.getAttribute("aria-label"));
    const hint = document.createElement("p");
    hint.className = "lecteur";
    hint.id = "carte-aide";
    hint.textContent = "Tabulation pour aller d’un résultat à l’autre, flèches pour déplacer la carte, plus et moins pour changer d’échelle.";
    plan.setAttribute("aria-describedby", hint.id);
    figure.prepend(plan, hint);
    figure.classList.add("carte--plan");

    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const tiles = figure.dataset.tuiles;
    const map = L.map(plan, {
      attributionControl: false, zoomControl: false, scrollWheelZoom: false, keyboard: false, inertia: !still,
      // One finger scrolls the page, two move the map.
      dragging: !L.Browser.mobile, zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still,
      minZoom: ZOOM_MIN, maxZoom: tiles ? ZOOM_MAX_TILES : ZOOM_MAX,
    });
    L.control.zoom({ zoomInTitle: "Agrandir la carte", zoomOutTitle: "Réduire la carte" }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const from = figure.dataset.depuis?.split(",").map(Number);
    const all = members.map(([, latitude, longitude]) => [latitude, longitude]);
    // The place of a sheet, alone, is shown among the towns that people know.
    const towns = [...drawing.querySelectorAll("[data-ville]")].map((town) => town.dataset.ville.split(",").map(Number));
    const around = from ? [from] : isAlone(members) ? towns : [];
    map.fitBounds(L.latLngBounds([...all, ...around]).pad(0.1), { maxZoom: 12, animate: false });
    if (tiles) {
      L.tileLayer(tiles, { maxZoom: ZOOM_MAX_TILES }).addTo(map);
      const authors = document.createElement("span");
      authors.textContent = figure.dataset.auteurs;
      L.control.attribution({ prefix: false }).addAttribution(authors.innerHTML).addTo(map);
    }
    const className = tiles ? "carte__limite" : "carte__contour";
    for (const rings of outlines) L.polygon(rings.map((points) => [points]), { className, interactive: false }).addTo(map);
    if (from) L.circleMarker(from, { radius: 7, className: "carte__depuis", interactive: false }).addTo(map);
    if (!tiles) nameTowns(map, drawing);
    mark(map, members, still);
    plan.addEventListener("keydown", (event) => move(map, event, still));
  }

  /** Keys work from any mark or button of the map, so that the map itself is no stop of the keyboard. */
  function move(map, event, still) {
    const steps = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
    if (event.target.closest(".leaflet-popup") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (steps[event.key]) map.panBy(steps[event.key], { animate: !still });
    else if (event.key === "+") map.zoomIn();
    else if (event.key === "-") map.zoomOut();
    else return;
    event.preventDefault();
  }

  /** The towns of the drawing, as long as there is room for their names. */
  function nameTowns(map, drawing) {
    const towns = L.layerGroup([...drawing.querySelectorAll("[data-ville]")].map((town) => {
      const name = document.createElement("span");
      name.textContent = town.textContent.trim();
      const icon = L.divIcon({ className: "carte__nom", html: name, iconSize: null });
      return L.marker(town.dataset.ville.split(",").map(Number), { icon, interactive: false, keyboard: false, zIndexOffset: -1000 });
    })).addTo(map);
    const first = map.getZoom();
    map.on("zoomend", () => (map.getZoom() < first ? towns.remove() : towns.addTo(map)));
  }

  /** Results that fall together share a mark; what falls together is looked at again at each scale. */
  function mark(map, members, still) {
    const layer = L.layerGroup().addTo(map);
    let marks = [];
    const draw = () => {
      const groups = [];
      for (const member of members) {
        const at = map.project([member[1], member[2]]);
        const near = groups.find((group) => group.at.distanceTo(at) < TOGETHER);
        if (near) near.members.push(member);
        else groups.push({ at, members: [member] });
      }
      const held = marks.find((one) => one.element === document.activeElement)?.numbers[0];
      layer.clearLayers();
      marks = groups.map((group) => place(map, layer, group.members, isAlone(members), still));
      if (held) marks.find((one) => one.numbers.includes(held)).element.focus({ preventScroll: true });
    };
    draw();
    map.on("zoomend", draw);
    // The list and the map point at each other.
    for (const [number] of members) {
      const item = document.getElementById("resultat-" + number);
      const light = (on) => marks.find((one) => one.numbers.includes(number))?.element.classList.toggle("carte__repere--actif", on);
      for (const name of ["pointerenter", "focusin"]) item?.addEventListener(name, () => light(true));
      for (const name of ["pointerleave", "focusout"]) item?.addEventListener(name, () => light(false));
    }
  }

  /** One place, on a sheet: nothing to tell it from. */
  function isAlone(members) {
    return members.length === 1 && !document.querySelector("[data-resultat]");
  }

  function place(map, layer, members, isOnly, still) {
    const [number, latitude, longitude, name] = members[0];
    const more = members.length - 1;
    const label = isOnly ? "" : number + (more ? "+" : "");
    const text = document.createElement("span");
    text.textContent = label;
    const across = isOnly ? 22 : label.length > 4 ? 50 : label.length > 2 ? 38 : 30;
    const marker = L.marker([latitude, longitude], {
      icon: L.divIcon({ className: "carte__repere", html: text, iconSize: [across, across] }),
      title: name, riseOnHover: true, zIndexOffset: 1000 - number, autoPanOnFocus: false,
    }).addTo(layer);
    const element = marker.getElement();
    element.addEventListener("focus", () => {
      // The browser scrolls the frame to what has the focus, which moves every mark; the map itself moves instead.
      map.getContainer().scrollTo(0, 0);
      map.panInside(marker.getLatLng(), { padding: [30, 30], animate: !still });
    });
    const others = more === 0 ? "" : more === 1 ? ", et 1 autre tout près" : `, et ${more} autres tout près`;
    element.setAttribute("aria-label", isOnly ? name : `Résultat ${label} : ${name}${others}`);
    element.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      marker.openPopup();
    });
    marker.bindPopup(() => bubble(members), { minWidth: 180, maxWidth: 260, maxHeight: 220 });
    marker.on("popupopen", ({ popup }) => {
      const box = popup.getElement();
      const back = () => { marker.closePopup(); element.focus({ preventScroll: true }); };
      const close = box.querySelector(".leaflet-popup-close-button");
      close.title = "Fermer";
      close.setAttribute("aria-label", "Fermer");
      close.addEventListener("click", back);
      box.onkeydown = (event) => { if (event.key === "Escape") back(); };
      box.querySelector("a")?.focus({ preventScroll: true });
    });
    return { element, numbers: members.map(([number]) => number) };
  }

  /** Names, each with its sheet, and the way to the list. */
  function bubble(members) {
    const list = document.createElement("ul");
    list.className = "carte__bulle";
    for (const [number, , , name] of members) {
      const line = document.createElement("li");
      const anchor = document.getElementById("resultat-" + number);
      const sheet = anchor?.querySelector("h3 a")?.getAttribute("href");
      if (sheet) line.append(link(sheet, name));
      else line.append(name);
      if (anchor) line.append(" ", link("#resultat-" + number, sheet ? "dans la liste" : "en savoir plus", `${number}, ${name}`));
      list.append(line);
    }
    return list;
  }

  function link(href, text, about) {
    const node = document.createElement("a");
    node.href = href;
    node.textContent = text;
    if (about) node.setAttribute("aria-label", `${text} : ${about}`);
    return node;
  }
})();
