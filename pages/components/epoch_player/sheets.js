// Sample sheets by step: each fetched once, the most recently used kept decoded.
function makeSheets(address, problem) {
  const files = new Map(), decoded = new Map(), waiting = new Map()
  function now(step) {
    const sheet = decoded.get(step)
    if (sheet) { decoded.delete(step); decoded.set(step, sheet) }
    return sheet
  }
  function get(step) {
    if (now(step)) return Promise.resolve(decoded.get(step))
    if (!waiting.has(step)) waiting.set(step, load(step).finally(() => waiting.delete(step)))
    return waiting.get(step)
  }
  async function load(step) {
    try {
      if (!files.has(step)) {
        const answer = await fetch(address(step))
        if (!answer.ok) throw new Error(`no sheet for step ${step} (${answer.status})`)
        files.set(step, await answer.blob())
      }
      const sheet = await createImageBitmap(files.get(step))
      decoded.set(step, sheet)
      for (const [old, bitmap] of decoded) if (decoded.size > DECODED) { bitmap.close(); decoded.delete(old) } else break
      return sheet
    } catch (error) {
      problem(`The samples could not be loaded: ${error.message}`)
      return null
    }
  }
  return { now, get, stop() { for (const bitmap of decoded.values()) bitmap.close(); decoded.clear() } }
}
