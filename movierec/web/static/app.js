// What makes the pages quicker to use; each works without it.

const PAUSE = 150; // milliseconds after the last letter

/** A field for a movie suggests titles: the ARIA combobox with a list. */
function suggest(box, id) {
  const input = box.querySelector("input");
  const list = document.createElement("ul");
  const status = document.createElement("div");
  list.id = `options-${id}`;
  list.className = "options";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Movies");
  status.className = "unseen";
  status.setAttribute("role", "status");
  box.append(list, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  let found = [];
  let at = -1;
  let timer = 0;
  let asking = null;

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    found = [];
    mark(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function mark(place) {
    at = place;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  function choose(movie) {
    close();
    if (box.dataset.movieBox === "find") {
      location.assign(`/movie?${new URLSearchParams({ movie: movie.movieId })}`);
      return;
    }
    input.value = movie.movieId;
    input.form.requestSubmit();
  }

  function show(titles) {
    found = titles;
    const named = (title) => titles.filter((one) => one.title === title).length;
    list.replaceChildren(
      ...titles.map((movie, i) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        option.textContent = named(movie.title) > 1 ? `${movie.title} – ${movie.movieId}` : movie.title;
        option.addEventListener("pointerdown", (event) => event.preventDefault());
        option.addEventListener("click", () => choose(movie));
        return option;
      }),
    );
    list.hidden = titles.length === 0;
    input.setAttribute("aria-expanded", String(titles.length > 0));
    status.textContent = titles.length === 1 ? "1 movie" : `${titles.length} movies`;
    mark(-1);
  }

  async function ask() {
    const q = input.value.trim();
    if (q.length < 2) return close();
    asking?.abort();
    asking = new AbortController();
    try {
      const response = await fetch(`/titles.json?${new URLSearchParams({ q, k: 8 })}`, { signal: asking.signal });
      if (response.ok) show((await response.json()).titles);
      else close();
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const n = found.length;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && n) mark((at + 1) % n);
    else if (event.key === "ArrowUp" && n) mark((at + n - (at < 0 ? 0 : 1)) % n);
    else if (event.key === "Enter" && at >= 0) choose(found[at]);
    else return;
    event.preventDefault();
  });
}

/** Buttons that copy the text of another element. */
function copies(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = button.parentElement.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not let this page copy; select the text instead.";
    }
  });
}

/** What a form leaves empty stays out of the address; while the next page is made, this one fades. */
function tidy(form) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) {
      if (field.name && (field.value === "" || (field.name === "sequential" && field.value === "auto"))) field.disabled = true;
    }
    document.documentElement.classList.add("is-loading");
  });
}

document.querySelectorAll("[data-movie-box]").forEach(suggest);
document.querySelectorAll("[data-copy]").forEach(copies);
document.querySelectorAll("form").forEach(tidy);
addEventListener("pageshow", () => {
  // Back from another page, as it was.
  document.documentElement.classList.remove("is-loading");
  document.querySelectorAll("form :disabled").forEach((field) => (field.disabled = false));
});
