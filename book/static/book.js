// Before the other scripts: keep Font Awesome from rewriting widgets, give sliders their names, and let the widgets'
// manager, which asks for MathJax 2, reach the MathJax 3 of this page.
window.FontAwesomeConfig = { observeMutations: false };

function nameSliders() {
  for (const handle of document.querySelectorAll(".jupyter-widgets .noUi-handle:not([aria-label])")) {
    const label = handle.closest(".widget-inline-hbox")?.querySelector(".widget-label");
    if (label?.textContent) handle.setAttribute("aria-label", label.textContent);
  }
}

window.addEventListener("load", () => {
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
