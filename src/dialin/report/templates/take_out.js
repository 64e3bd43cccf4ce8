// The command that takes the intents to a platform: the list fills it in, and the button copies it.

function startTakeOut() {
  const part = document.getElementById("take-out");
  if (!part) return;
  const list = part.querySelector("select"), command = part.querySelector("code");
  const button = part.querySelector("button"), told = part.querySelector("output");
  const [to, out] = command.querySelectorAll("span");

  function fill() {
    to.textContent = list.value;
    out.textContent = list.selectedIndex ? list.value : "FOLDER";
    button.hidden = !list.selectedIndex;
    told.textContent = "";
  }

  // A browser that does not let the page copy still lets the reader: the command is selected.
  function select() {
    getSelection().selectAllChildren(command);
    told.textContent = "Press Ctrl+C to copy.";
  }

  list.addEventListener("change", fill);
  button.addEventListener("click", () => {
    if (!navigator.clipboard) return select();
    navigator.clipboard.writeText(command.textContent).then(() => (told.textContent = "Copied."), select);
  });
  fill();
}
