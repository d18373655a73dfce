// Before the other scripts: keep Font Awesome from rewriting widgets, give sliders their names, and let the widgets'
// manager, which asks for MathJax 2, reach the MathJax 3 of this page.
window.FontAwesomeConfig = { observeMutations: false };

function nameSliders() {
  for (const handle of document.querySelectorAll(".jupyter-widgets .noUi-handle:not([aria-label])")) {
    const label = handle.closest(".widget-inline-hbox")?.querySelector(".widget-label");
    if (label?.textContent) handle.setAttribute("aria-label", label.textContent);
  }
}

// The theme makes code that scrolls reachable by keyboard, but it measures when a page loads or is resized: what was
// folded then is measured again when it is shown.
const measureAgain = () => window.dispatchEvent(new Event("resize"));
document.addEventListener("toggle", measureAgain, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.(".toggle-button, .admonition-title")) measureAgain();
});

// Paper has no folds.
let openedForPrint = [];
window.addEventListener("beforeprint", () => {
  openedForPrint = [...document.querySelectorAll("article details:not([open])")];
  for (const fold of openedForPrint) fold.open = true;
});
window.addEventListener("afterprint", () => {
  for (const fold of openedForPrint) fold.open = false;
});

// What would load files that this site does not carry can't be chosen in the menu of a formula.
function keepToOwnFiles() {
  const menu = window.MathJax?.startup?.document?.menu?.menu;
  for (const path of [["Settings", "Renderer", "SVG"], ["Accessibility", "Activate"], ["Accessibility", "Collapsible"]]) {
    menu?.findID(...path)?.disable();
  }
}

window.addEventListener("load", () => {
  window.MathJax?.startup?.promise?.then(keepToOwnFiles);
  if (window.MathJax && !window.MathJax.Hub) {
    window.MathJax.Hub = {
      Config() {},
      Queue(...jobs) {
        for (const job of jobs) {
          if (Array.isArray(job) && job[0] === "Typeset") window.MathJax.typesetPromise?.([job[2]].filter(Boolean));
        }
      },
    };
  }
  if (document.querySelector('script[type^="application/vnd.jupyter.widget"]')) {
    new MutationObserver(nameSliders).observe(document.querySelector("article") ?? document.body, {
      childList: true,
      subtree: true,
    });
    nameSliders();
  }
});
