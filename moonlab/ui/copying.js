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

export default function ({ parentElement, data }) {
  const [button, said] = ["button", "[role=status]"].map((one) => parentElement.querySelector(one));
  button.textContent = data.label;
  said.textContent = "";
  button.onclick = async () => {
    said.textContent = ""; // said again, it is heard again
    const isDone = await copy(data.text, button.parentElement);
    button.focus();
    said.textContent = isDone ? "Copied." : "Not allowed here: copy it below.";
  };
}
