// A button that puts a text on the clipboard and says so.
// Browsers hand out the clipboard on safe addresses alone; elsewhere the old way may do.
function copyTheOldWay(text, beside) {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  beside.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

async function copy(text, beside) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyTheOldWay(text, beside);
  }
}

// The address has the experiment, a moment after each change
function filled({ template, query_key }) {
  const experiment = new URLSearchParams(location.search).get(query_key) ?? "";
  const page = location.origin + location.pathname;
  return template.replace("{page}", page).replace("{experiment}", experiment);
}

export default function ({ parentElement, data }) {
  const [button, said, details, code] = ["button", "[role=status]", "details", "code"].map(
    (one) => parentElement.querySelector(one),
  );
  button.textContent = data.label;
  said.textContent = "";
  details.ontoggle = () => {
    code.textContent = filled(data);
  };
  details.ontoggle();
  button.onclick = async () => {
    said.textContent = ""; // said again, it is heard again
    const isDone = await copy(filled(data), button.parentElement);
    button.focus();
    details.open ||= !isDone;
    said.textContent = isDone ? "Copied." : "Not allowed here: copy it below.";
  };
}
