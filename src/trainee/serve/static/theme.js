/**
 * Light or dark: as the system has it, or as chosen here.
 *
 * A classic script in the head, not a module: it has to run before the first paint, or a chosen theme would flash.
 */
(() => {
  const CHOICES = ["system", "light", "dark"];
  const KEPT = "trainee.theme";

  function kept() {
    try {
      const choice = localStorage.getItem(KEPT);
      return CHOICES.includes(choice) ? choice : "system";
    } catch {
      return "system"; // storage may be forbidden; the switch still works until the page is closed
    }
  }

  function show(choice) {
    document.documentElement.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      const next = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      button.textContent = { system: "◐", light: "☀︎", dark: "☾" }[choice];
      button.title = `Theme: ${choice}. Change to ${next}.`;
      button.setAttribute("aria-label", button.title);
    }
  }

  show(kept());
  document.addEventListener("DOMContentLoaded", () => show(document.documentElement.dataset.theme));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    const choice = CHOICES[(CHOICES.indexOf(document.documentElement.dataset.theme) + 1) % CHOICES.length];
    show(choice);
    try {
      localStorage.setItem(KEPT, choice);
    } catch {
      // see `kept`
    }
  });
})();
