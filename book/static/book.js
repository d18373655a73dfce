// Before the other scripts: keep Font Awesome from rewriting widgets, and let the widgets' manager, which asks for
// MathJax 2, reach the MathJax 3 of this page.
window.FontAwesomeConfig = { observeMutations: false };
window.addEventListener("load", () => {
  if (!window.MathJax.Hub) {
    window.MathJax.Hub = {
      Config() {},
      Queue(...jobs) {
        for (const job of jobs) {
          if (Array.isArray(job) && job[0] === "Typeset") window.MathJax.typesetPromise?.([job[2]].filter(Boolean));
        }
      },
    };
  }
});
