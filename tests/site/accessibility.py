"""What axe says of a page, without asking it the same thing a thousand times."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from ..examples import PROFILE

# What depends on colours, and so is asked in light and in dark; the other rules are asked once for each width.
COLOURS = ("color-contrast", "link-in-text-block")

# Marks a few of each new kind of text: of one colour, size and weight, on one ground, in a text of one colour. axe
# takes milliseconds for every node, and the words of a listing are thousands of nodes of ten kinds, the same on every
# page. What axe skips by itself (hidden, disabled) or is unsure of (single letters, what lies over something else) is
# a kind of its own, so that it stands for no other. The profile ``thorough`` asks about every node of every page.
MARK_KINDS = """([few, known]) => {
    const grounds = new Map(), kinds = new Map(), old = new Set(known);
    const ground = node => {
        if (!node) return "";
        if (!grounds.has(node)) {
            const style = getComputedStyle(node), above = ground(node.parentElement);
            const place = style.position === "static" ? "" : style.position + node.className;
            const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter,
                style.mixBlendMode, place].join();
            grounds.set(node, own === "rgba(0, 0, 0, 0),none,1,none,normal," ? above : above + ">" + own);
        }
        return grounds.get(node);
    };
    for (const node of document.querySelectorAll("body *")) {
        const text = [...node.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.data.trim()).join("");
        if (!text && !node.matches("a, input, select, textarea, button")) continue;
        if (!node.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        const style = getComputedStyle(node);
        const kind = [ground(node), style.color, style.fontSize, style.fontWeight, style.textShadow,
            style.textDecorationLine, getComputedStyle(node.parentElement).color, text.length > 1,
            node.closest("a, button, label, input")?.tagName,
            node.closest("[disabled], [aria-disabled], [aria-hidden]") !== null].join("|");
        if (!old.has(kind)) kinds.set(kind, [...(kinds.get(kind) ?? []), node]);
    }
    for (const nodes of kinds.values())
        for (const node of [...nodes.slice(0, few), nodes.at(-1)]) node.dataset.kind = "";
    return [...kinds.keys()];
}"""
_without_fault: set[str] = set()  # kinds that axe has seen in this process


def _serious(tab, options, context=None):
    options = {"preload": False, "resultTypes": ["violations"], **options}
    violations = Axe().run(tab, context=context, options=options).response["violations"]
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]][:5])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]


def faults(tab):
    """What axe calls serious or critical, with the first places, colours left out."""
    return _serious(tab, {"rules": {rule: {"enabled": False} for rule in COLOURS}})


def faults_of_colour(tab):
    """What axe calls serious or critical in the colours that a page has now."""
    if PROFILE == "thorough":
        return _serious(tab, {"runOnly": COLOURS})
    new = tab.evaluate(MARK_KINDS, [2, sorted(_without_fault)])
    found = _serious(tab, {"runOnly": COLOURS}, {"include": [["[data-kind]"]]}) if new else []
    tab.evaluate("document.querySelectorAll('[data-kind]').forEach(node => delete node.dataset.kind)")
    if not found:
        _without_fault.update(new)
    return found
