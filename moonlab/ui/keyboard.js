// What a popover holds stands at the end of the document: by the keyboard, one gets into it at once
// when it opens, and back to its button when it closes.
const BUTTON = '[data-testid="stPopoverButton"]';
const BODY = '[data-testid="stPopoverBody"]';
const CONTROLS = "button, input, select, textarea, a[href], summary, [tabindex]";
const OPENS_WITHIN = 1000; // milliseconds
const FILLED_WITHIN = 100;

function reachable(root) {
  return [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches(CONTROLS) && !one.disabled && one.tabIndex >= 0 ? [one] : []),
    ...(one.shadowRoot ? reachable(one.shadowRoot) : []),
  ]);
}

const firstOf = () => [...document.querySelectorAll(BODY)].flatMap(reachable)[0];

function enter(button, until) {
  if (firstOf() && button.getAttribute("aria-expanded") === "true") {
    setTimeout(() => firstOf()?.focus(), FILLED_WITHIN);
  } else if (performance.now() < until) {
    requestAnimationFrame(() => enter(button, until));
  }
}

// From the last control on to the first, as in any dialog
function stay(event, body) {
  const all = reachable(body);
  const [from, to] = event.shiftKey ? [all[0], all.at(-1)] : [all.at(-1), all[0]];
  if (event.composedPath()[0] === from) {
    event.preventDefault();
    to.focus();
  }
}

function onKey(event) {
  const opener = event.target.closest?.(BUTTON);
  if (opener && (event.key === "Enter" || event.key === " ")) {
    enter(opener, performance.now() + OPENS_WITHIN);
    return;
  }
  const body = event.target.closest?.(BODY);
  if (body && event.key === "Tab") {
    stay(event, body);
  } else if (body && event.key === "Escape") {
    document.querySelector(`${BUTTON}[aria-expanded="true"]`)?.focus();
  }
}

export default function () {
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}
