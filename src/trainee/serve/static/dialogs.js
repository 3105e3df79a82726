/**
 * Questions to the person: a reason, a confirmation, the key. Each is a modal <dialog>, so Escape leaves it and focus
 * returns.
 */
import { h, text } from "./dom.js";

/**
 * Ask, and do it. The dialog stays open while `act` is under way and where it fails, with what went wrong.
 *
 * @param fields [{name, label, hint?, control}], `control` an input, select or textarea
 * @param act (values by name) → Promise; throws where it was not done
 * @returns Promise of whether it was done
 */
export function ask({ title, words, fields = [], confirm, danger = false, act, testid = "ask" }) {
  const failure = h("p", { class: "failure", role: "alert", "data-testid": `${testid}-failure` });
  const yes = h(
    "button",
    { type: "submit", class: danger ? "danger" : "primary", "data-testid": `${testid}-confirm` },
    confirm,
  );
  const no = h(
    "button",
    { type: "button", "data-testid": `${testid}-cancel`, onclick: () => dialog.close() },
    "Cancel",
  );
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "dialog-title" }, title),
    words && h("p", { class: "soft" }, words),
    fields.map(labelled),
    failure,
    h("div", { class: "row end" }, no, yes),
  );
  const dialog = h(
    "dialog",
    { class: "ask", "data-testid": `${testid}-dialog`, "aria-labelledby": "dialog-title" },
    form,
  );

  return new Promise((resolve) => {
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (yes.disabled) return;
      yes.disabled = true;
      text(failure, "");
      try {
        await act(Object.fromEntries(fields.map(({ name, control }) => [name, control.value])));
        done = true;
        dialog.close();
      } catch (problem) {
        text(failure, problem.message);
        yes.disabled = false;
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
    document.body.append(dialog);
    dialog.showModal();
    (fields[0]?.control ?? yes).focus();
  });
}

function labelled({ name, label, hint, control }) {
  control.id = `ask-${name}`;
  if (hint) control.setAttribute("aria-describedby", `ask-${name}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: control.id }, label),
    control,
    hint && h("p", { class: "hint", id: `ask-${name}-hint` }, hint),
  );
}

/** The field that every control has; `needed` says why it may not be left empty. */
export function reasonField(needed = null) {
  return {
    name: "reason",
    label: needed ? "Why?" : "Why? (optional)",
    hint: `${needed ? `Needed: ${needed}. ` : ""}Kept in the ledger with your name.`,
    control: h("input", {
      type: "text",
      maxlength: 500,
      required: needed !== null,
      autocomplete: "off",
      "data-testid": "ask-reason",
    }),
  };
}

/** Ask for the API key. @returns Promise of the key, or of null where the person would not give one */
export async function askKey(why) {
  let given = null;
  const control = h("input", {
    type: "password",
    required: true,
    autocomplete: "off",
    spellcheck: "false",
    "data-testid": "key-input",
  });
  await ask({
    testid: "key",
    title: "This service wants an API key",
    words: why ?? "It is kept for this tab only, and forgotten when the tab is closed.",
    fields: [{ name: "key", label: "API key", control }],
    confirm: "Use this key",
    act: async ({ key }) => {
      // A header takes only these; fetch would throw something less clear.
      if (!/^[\x21-\x7e]+$/.test(key.trim())) throw new Error("A key is letters, digits and signs without spaces.");
      given = key.trim();
    },
  });
  return given;
}

/** Show something to read. */
export function show(title, testid, ...content) {
  const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
  const dialog = h(
    "dialog",
    { class: "ask", "data-testid": testid, "aria-labelledby": "dialog-title" },
    h("h2", { id: "dialog-title" }, title),
    content,
    h("div", { class: "row end" }, close),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
