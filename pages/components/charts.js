// Shared by the parts that draw curves: the chart library, loaded once a page, when the first curve is drawn.

function chartLibrary() {
  window.__uplot ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = "api/assets/uplot/uPlot.iife.min.js"
    script.onload = () => resolve(window.uPlot)
    script.onerror = () => { window.__uplot = undefined; reject(new Error("The chart library did not load.")) }
    document.head.append(script)
  })
  return window.__uplot
}
