// The page works without this: it asks before an action, and keeps what is shown up to date.
const at = id => document.getElementById(id);
const asking = at("asking");
let asked = null;
document.addEventListener("submit", event => {
  const question = event.target.dataset.question;
  if (!question || event.target === asked) return;
  event.preventDefault();
  at("question").textContent = question;
  at("yes").onclick = () => { asked = event.target; asking.close(); asked.requestSubmit(); };
  at("no").onclick = () => asking.close();
  asking.showModal();
});

const reachable = () => [...at("main").querySelectorAll("a, button, summary, input, select")];
const busy = () => document.hidden || asking.open || String(getSelection())
  || ["INPUT", "SELECT"].includes(document.activeElement.tagName) || at("main").querySelector(".openers [open]");
const refresh = async () => {
  if (busy()) return;
  const answer = await fetch(location.href);
  if (!answer.ok || busy()) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focus = reachable().indexOf(document.activeElement);
  const unfolded = [...at("main").querySelectorAll("details")].map(each => each.open);
  at("main").replaceChildren(...found.getElementById("main").childNodes);
  at("main").querySelectorAll("details").forEach((each, i) => { each.open = unfolded[i] ?? each.open; });
  if (focus >= 0) reachable()[focus]?.focus();
  at("made").textContent = found.getElementById("made").textContent;
};
const every = Number(document.body.dataset.refresh);
if (every) setInterval(() => refresh().catch(() => {
  at("made").textContent = "The platform does not answer; what you see is old.";
}), every * 1000);
