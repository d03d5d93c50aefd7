// Pictures of the plane side by side. A click anywhere in one picks its nearest training point.
// The layout of `data` is written in moonlab/ui/planes.py.
function nearest(svg, places, event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(
    svg.getScreenCTM().inverse(),
  );
  const apart = places.map(([x, y]) => (x - at.x) ** 2 + (y - at.y) ** 2);
  return apart.indexOf(Math.min(...apart));
}

function ring(svg, name) {
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  circle.setAttribute("class", name);
  svg.append(circle);
  return ([x, y]) => {
    circle.setAttribute("r", "8");
    circle.setAttribute("cx", x);
    circle.setAttribute("cy", y);
  };
}

function picture(one, data, pick) {
  const figure = document.createElement("figure");
  figure.classList.toggle("chosen", one.number === data.chosen);
  const title = document.createElement("strong");
  title.textContent = one.title;
  const caption = document.createElement("figcaption");
  caption.append(title, ` ${one.words}`);
  figure.innerHTML = one.svg;
  figure.append(caption);
  const svg = figure.querySelector("svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", one.alternative);
  ring(svg, "picked")(data.places[data.picked]);
  const hover = ring(svg, "hover");
  svg.addEventListener("pointermove", (event) => {
    hover(data.places[nearest(svg, data.places, event)]);
  });
  svg.addEventListener("click", (event) => {
    pick([one.number, nearest(svg, data.places, event)]);
  });
  return figure;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const pick = (choice) => setTriggerValue("picked", choice);
  const pictures = data.pictures.map((one) => picture(one, data, pick));
  parentElement.querySelector(".planes").replaceChildren(...pictures);
}
